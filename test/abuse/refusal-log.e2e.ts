import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refused } from '../support/metrics.js';
import { HeraldProcess } from '../support/herald-process.js';
import { RawClient, type RawUpgrade } from '../support/raw-client.js';

const CANARY = 'canary-in-the-query';
const TARGET = `/ws/notifications/?token=${CANARY}`;

let dataDir: string;
let node: HeraldProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'herald-refusals-'));
  node = await (await HeraldProcess.spawn('main.js', { DATA_DIR: dataDir, LOG_LEVEL: 'trace' })).ready();
});
afterAll(async () => {
  await node.end('SIGTERM');
  await rm(dataDir, { recursive: true, force: true });
});

describe('the log', () => {
  it.each<[string, number, RawUpgrade]>([
    ['unknown_path', 404, { target: `/ws/${CANARY}/?token=${CANARY}` }],
    ['method', 400, { method: 'POST', target: TARGET }],
    ['version', 426, { target: TARGET, headers: { 'Sec-WebSocket-Version': '8' } }],
    ['origin', 403, { target: TARGET, headers: { Origin: `https://${CANARY}.example` } }],
    ['unreadable', 400, { target: `${TARGET}\t` }],
  ])(
    // @abuse PATH-22
    'names %s and the address, once for many, and nothing of the request',
    async (reason, status, request) => {
      for (let count = 0; count < 10; count += 1) {
        const client = await RawClient.open(Number(new URL(node.url).port));
        client.sendUpgrade(request);
        expect((await client.answer()).status).toBe(status);
        client.destroy();
      }
      expect(await refused(node, reason)).toBe(10);
      expect(node.output.split(`A request was refused: ${reason} (${status}), of 127.0.0.1`)).toHaveLength(2);
      expect(node.output).not.toContain(CANARY);
    },
  );
});
