import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { RawClient } from './support/raw-client.js';
import { until } from '../src/realtime/testing/until.js';

const EMPTY = '0\r\n\r\n';

let node: Herald;
let alice: ApiClient;
let token: string;
let client: RawClient;

beforeAll(async () => {
  node = await herald({}, { embedded: true });
  alice = await node.api('alice');
  token = await node.tokenFor('alice');
});

beforeEach(async () => {
  client = await RawClient.open(Number(new URL(node.url).port));
});

afterEach(() => client.destroy());

afterAll(() => node.stop());

/** The head of a request with a chunked body. */
function head(method: string, path: string, ...lines: string[]): string {
  const all = [
    `${method} /api/v1${path} HTTP/1.1`,
    'Host: herald',
    `Authorization: Bearer ${token}`,
    'Transfer-Encoding: chunked',
    ...lines,
  ];
  return `${all.join('\r\n')}\r\n\r\n`;
}

async function newOrganization(): Promise<string> {
  return (await alice.post('/orgs', { name: 'Acme' })).body.id;
}

/** The statuses of all answers so far; one connection answers its requests in order. */
function statuses(): number[] {
  return [...client.bytes.toString().matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
}

describe('an empty chunked body', () => {
  const REQUESTS: [name: string, status: number, method: string, path: () => Promise<string> | string][] = [
    ['that reads', 200, 'GET', () => '/orgs'],
    ['that commands', 204, 'POST', () => '/notifications/read_all'],
    ['that creates', 201, 'POST', () => '/realtime/tickets'],
    ['that deletes', 204, 'DELETE', async () => `/orgs/${await newOrganization()}`],
  ];

  it.each(REQUESTS)('counts as no body for a request %s', async (_, status, method, path) => {
    client.send(head(method, await path()) + EMPTY);
    expect((await client.answer()).status).toBe(status);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', 'application/json'])(
    'counts as no body with the content type %s',
    async (type) => {
      client.send(head('POST', '/realtime/tickets', `Content-Type: ${type}`) + EMPTY);
      expect((await client.answer()).status).toBe(201);
    },
  );

  it('counts as no body even if the final chunk arrives after the head', async () => {
    client.send(head('POST', '/realtime/tickets'));
    // An answer on another connection shows that the server has read the head by now.
    await alice.get('/orgs');
    expect(statuses()).toEqual([]);
    client.send(EMPTY);
    expect((await client.answer()).status).toBe(201);
  });

  it('counts as no body in each of several pipelined requests', async () => {
    client.send((head('GET', '/orgs') + EMPTY).repeat(3));
    await until(() => statuses().length === 3);
    expect(statuses()).toEqual([200, 200, 200]);
  });

  it('is refused if the route requires fields', async () => {
    client.send(head('POST', '/orgs') + EMPTY);
    expect((await client.answer()).status).toBe(400);
  });
});

describe('a chunked body', () => {
  it.each(['a\r\nuser=alice\r\n0\r\n\r\n', 'a\r\nuser=alice\r\n'])('is 415 if it is not JSON: %j', async (body) => {
    client.send(head('POST', '/realtime/tickets') + body);
    expect((await client.answer()).status).toBe(415);
  });

  it('is parsed if it is JSON', async () => {
    client.send(`${head('POST', '/orgs', 'Content-Type: application/json')}f\r\n{"name":"Acme"}\r\n${EMPTY}`);
    expect((await client.answer()).status).toBe(201);
  });
});
