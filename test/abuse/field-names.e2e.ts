import { beforeAll, describe, expect, it } from '@jest/globals';
import { useAbusedNode } from '../support/abused-node.js';
import { until } from '../../src/realtime/testing/until.js';
import { type TestClient } from '../support/ws-client.js';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', 'then'];
/** Written as text, because `__proto__` in an object literal would set its prototype. */
const FREE = `{${NAMES.map((name) => `"${name}":{"isAdmin":true}`).join(',')},"list":[{"__proto__":[1],"toString":null}]}`;

const abused = useAbusedNode();
let token: string;
let orgId: string;

beforeAll(async () => {
  token = await abused.node.tokenFor('alice', { roles: ['realtime-admin'] });
  const response = await post('/orgs', '{"name":"Acme"}');
  orgId = ((await response.json()) as { id: string }).id;
});

function post(path: string, body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${abused.node.url}/api/v1${path}`, { method: 'POST', headers, body });
}

const textsOf = ({ received }: TestClient): string => received.map((frame) => JSON.stringify(frame)).join('\n');

describe('a field named like a member of every object', () => {
  it.each(NAMES)('%s is refused by name, like any other unknown field', async (name) => {
    const bodies: [string, string][] = [
      ['/orgs', `{"name":"Acme","${name}":"x"}`],
      [`/orgs/${orgId}/resources`, `{"name":"Plan","${name}":{"sensitivity":"public"}}`],
      [`/orgs/${orgId}/events`, `{"event_type":"test.named","data":{},"${name}":1}`],
      ['/notifications', `{"user_id":"alice","notification":{"title":"Hello"},"${name}":[]}`],
    ];
    for (const [path, body] of bodies) {
      const response = await post(path, body);
      const { errors } = (await response.json()) as { errors: unknown };
      expect([path, response.status, errors]).toEqual([
        path,
        400,
        [{ field: name, message: `${name} is not a field that is known here` }],
      ]);
    }
  });

  it('is data in an event, and reaches the members unchanged', async () => {
    const client = await abused.node.join(`/ws/events/${orgId}/`, 'alice', { token });
    expect((await post(`/orgs/${orgId}/events`, `{"event_type":"test.named","data":${FREE}}`)).status).toBe(202);
    await until(() => textsOf(client).includes('test.named'));
    expect(textsOf(client)).toContain(`"data":${FREE}`);
  });

  it('is data in a notification, and reaches its user and inbox unchanged', async () => {
    const client = await abused.node.join('/ws/notifications/', 'alice', { token });
    const further = FREE.slice(1, -1);
    const body = `{"user_id":"alice","notification":{"title":"Named",${further}}}`;
    expect((await post('/notifications', body)).status).toBe(201);
    await until(() => textsOf(client).includes('"Named"'));
    expect(textsOf(client)).toContain(further);
    const headers = { authorization: `Bearer ${token}` };
    const { items } = (await (await fetch(`${abused.node.url}/api/v1/notifications`, { headers })).json()) as {
      items: Record<string, unknown>[];
    };
    const stored = items.find(({ title }) => title === 'Named') ?? {};
    for (const name of NAMES)
      expect([name, Object.getOwnPropertyDescriptor(stored, name)?.value]).toEqual([name, { isAdmin: true }]);
  });

  it('changes no object of the process', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });
});
