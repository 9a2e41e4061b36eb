import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AbusedProcess } from '../support/abused-process.js';
import { refused } from '../support/metrics.js';
import { RawClient, type RawUpgrade } from '../support/raw-client.js';

const CANARY = 'canary-in-the-query';
const TARGET = `/ws/notifications/?token=${CANARY}`;

let node: AbusedProcess;

beforeAll(async () => {
  node = await AbusedProcess.start({ LOG_LEVEL: 'trace' });
});
afterAll(() => node.stop());

describe('the log', () => {
  it.each<[string, number, RawUpgrade, string?]>([
    ['unknown_path', 404, { target: `/ws/${CANARY}/?token=${CANARY}` }],
    ['method', 400, { method: 'POST', target: TARGET }],
    ['version', 426, { target: TARGET, headers: { 'Sec-WebSocket-Version': '8' } }],
    [
      'origin',
      403,
      { target: TARGET, headers: { Origin: 'https://app.example:8443' } },
      ": allowedOrigins (ALLOWED_ORIGINS) doesn't have https://app.example:8443",
    ],
    ['unreadable', 400, { target: `${TARGET}\t` }],
  ])(
    // @abuse PATH-22
    'has one line with %s and the address for many requests, without their secrets',
    async (reason, status, request, why = '') => {
      for (let count = 0; count < 10; count += 1) {
        const client = await RawClient.open(node.port);
        client.sendUpgrade(request);
        expect((await client.answer()).status).toBe(status);
        client.destroy();
      }
      expect(await refused(node, reason)).toBe(10);
      expect(node.output.split(`Refused a request: ${reason} (${status}), from 127.0.0.1${why}`)).toHaveLength(2);
      expect(node.output).not.toContain(CANARY);
    },
  );
});
