import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decided, decisionOn } from '../support/decision.js';
import { leavesNothing, refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient } from '../support/raw-client.js';
import { fill, TARGETS } from './request-targets.table.js';

let node: Herald;
let port: number;
let alice: string;
let bob: string;
let orgId: string;

beforeAll(async () => {
  node = await herald({ WS_MAX_CONNECTIONS_PER_USER: '0', HTTP_RATE_LIMIT_PER_MINUTE: '0' });
  port = Number(new URL(node.url).port);
  [alice, bob] = await Promise.all([node.tokenFor('alice'), node.tokenFor('bob')]);
  orgId = (await (await node.api('alice')).post('/orgs', { name: 'Acme' })).body.id;
});
afterAll(async () => {
  try {
    await leavesNothing(node);
  } finally {
    await node.stop();
  }
});

async function ask(target: string, token: string): Promise<string> {
  return decisionOn(await RawClient.open(port), { target, headers: { Authorization: `Bearer ${token}` } });
}

describe('the request target', () => {
  it.each(TARGETS)('$what, $target, is decided as $decision', async (row) => {
    expect(await ask(fill(row, orgId), alice)).toBe(row.decision);
  });

  // @abuse PATH-11
  it('an unknown path gets a full answer, is counted, and ends the connection', async () => {
    const before = await refused(node, 'unknown_path');
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/socket.io/?EIO=4&transport=websocket' });
    await client.ended();
    const { status, headers, rest } = await client.answer();
    expect(status).toBe(404);
    expect(headers).toMatchObject({ connection: 'close', 'content-length': String(rest.length) });
    expect(JSON.parse(rest.toString())).toMatchObject({ title: 'Not Found', status: 404 });
    expect(await refused(node, 'unknown_path')).toBe(before + 1);
  });

  it.each([
    ['a raw NUL', '/ws/notifications/\0'],
    ['a raw space', '/ws/events/;drop table/'],
    // @abuse PATH-18, PATH-22
  ])('%s ends the request with 400, and is counted', async (_, target) => {
    const before = await refused(node, 'unreadable');
    const client = await RawClient.open(port);
    client.sendUpgrade({ target });
    expect((await client.answer()).status).toBe(400);
    await client.ended();
    expect(await refused(node, 'unreadable')).toBe(before + 1);
  });

  // @abuse PATH-22
  it('a raw line feed makes the request HTTP/0.9, which is answered with 426', async () => {
    expect(await ask('/ws/notifications/\nX-Injected:1', alice)).toBe('426');
  });

  // @abuse PATH-26
  it('CONNECT is answered with 400, and ends the connection', async () => {
    const client = await RawClient.open(port);
    client.send('CONNECT internal.example:443 HTTP/1.1\r\nHost: internal.example:443\r\n\r\n');
    expect((await client.answer()).status).toBe(400);
    await client.ended();
  });

  // @abuse PATH-26
  it('OPTIONS * and GET * without an upgrade are answered', async () => {
    for (const method of ['OPTIONS', 'GET']) {
      const client = await RawClient.open(port);
      client.send(`${method} * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect((await client.answer()).status).toBeGreaterThanOrEqual(200);
      await client.ended();
    }
  });

  // @abuse PATH-28
  it('a foreign organization and a missing one look the same', async () => {
    const foreign = `/ws/events/${orgId}/`;
    const unknown = `/ws/events/${randomUUID()}/`;
    expect(await ask(foreign, bob)).toBe('4003 not_a_member');
    expect(await ask(unknown, bob)).toBe('4003 not_a_member');
  });

  // @abuse PATH-29
  it('authentication comes before authorization: a bad token for a foreign organization closes with 4001', async () => {
    expect(await ask(`/ws/events/${orgId}/`, 'a.b.c')).toBe('4001 token_invalid');
    expect(await ask(`/ws/events/${randomUUID()}/`, 'a.b.c')).toBe('4001 token_invalid');
  });

  it.each([
    ['a fragment', '/ws/notifications/#/?token=', '404'],
    ['an encoded question mark', '/ws/notifications%3Ftoken=', '404'],
    ['a second question mark', '/ws/notifications/??token=', '4001 token_missing'],
    ['semicolons between parameters', '/ws/notifications/?a=b;token=', '4001 token_missing'],
    // @abuse PATH-24
  ])('text after %s is not a parameter', async (_, start, decision) => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: `${start}${alice}` });
    expect(await decided(client)).toBe(decision);
    client.destroy();
  });
});
