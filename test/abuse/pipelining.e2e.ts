import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';

const FILE = '/docs/swagger-ui-bundle.js';

let node: Herald;
let port: number;

beforeAll(async () => {
  node = await herald();
  port = Number(new URL(node.url).port);
});
afterAll(() => node.stop());

function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

describe('pipelined requests', () => {
  it('are answered in order', async () => {
    const client = await RawClient.open(port);
    const paths = ['/health/live', FILE, '/nowhere', '/api/v1/orgs'];
    client.send([...paths.map((path) => get(path)), get('/health/live', 'Connection: close\r\n')].join(''));
    await client.ended();
    const statuses = [...client.bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', '404', '401', '200']);
  });

  it('leave no file open when the connection ends before they are answered', async () => {
    await (await fetch(`${node.url}${FILE}`)).arrayBuffer();
    const before = await openFiles();
    for (let round = 0; round < 5; round += 1) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(port)));
      for (const client of clients) client.send(get(FILE).repeat(5));
      await Promise.all(clients.map((client) => client.until('HTTP/1.1 200')));
      for (const client of clients) client.reset();
    }
    await until(async () => (await openFiles()) <= before + 10);
  });

  it('end the connection if they are too many', async () => {
    const before = await refused(node, 'too_many_ahead');
    const client = await RawClient.open(port);
    client.send(get(FILE).repeat(2_000));
    await client.ended();
    expect(await refused(node, 'too_many_ahead')).toBe(before + 1);
    expect((await fetch(`${node.url}/health/live`)).status).toBe(200);
  });
});
