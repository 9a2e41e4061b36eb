import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, connect, type ConnectOptions } from './support/ws-client.js';

const TOKEN_MISSING = { code: 4001, reason: 'token_missing' };
const TOKEN_INVALID = { code: 4001, reason: 'token_invalid' };
const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };

let node: Herald;
let alice: string;
let bob: string;
let orgId: string;

beforeAll(async () => {
  node = await herald({ ALLOWED_ORIGINS: 'https://app.example.com,http://localhost:3000,*.wild.example' });
  [alice, bob] = await Promise.all([node.tokenFor('alice'), node.tokenFor('bob')]);
  orgId = await node.organization('alice');
});
afterAll(() => node.stop());
afterEach(closeAllClients);

function protocolOf(token: string): string {
  return `access_token.${Buffer.from(token).toString('base64url')}`;
}

async function closeOf(path: string, options: ConnectOptions = {}): Promise<unknown> {
  const client = await connect(`${node.wsUrl}${path}`, options);
  const close = await client.closed();
  expect(client.received).toEqual([]);
  return close;
}

async function welcomeOf(path: string, options: ConnectOptions = {}): Promise<Record<string, unknown>> {
  return (await connect(`${node.wsUrl}${path}`, options)).next();
}

describe('the notifications endpoint', () => {
  it.each(['/ws/notifications/', '/ws/notifications'])('welcomes a user at %s', async (path) => {
    const welcome = await welcomeOf(`${path}?token=${alice}`);
    expect(welcome).toEqual({
      type: 'connection.established',
      message: 'Connected to notifications',
      user_id: 'alice',
      connection_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      transport: 'websocket',
      heartbeat_interval: 25,
      cursor: expect.any(String),
    });
  });

  it('reports that it cannot resume from the given cursor', async () => {
    const welcome = await welcomeOf(`/ws/notifications/?token=${alice}&cursor=unknown`);
    expect(welcome).toMatchObject({ resumed: false });
  });
});

describe('the events endpoint', () => {
  it('welcomes a member, even with the organization id in capitals', async () => {
    for (const id of [orgId, orgId.toUpperCase()]) {
      expect(await welcomeOf(`/ws/events/${id}/?token=${alice}`)).toMatchObject({
        type: 'connection.established',
        message: 'Connected to organization events',
        org_id: orgId,
        user_id: 'alice',
      });
    }
  });

  it.each([
    ['a foreign organization', () => orgId],
    ['an unknown organization', () => randomUUID()],
    ['the nil UUID', () => '00000000-0000-0000-0000-000000000000'],
    ['an id that is not a UUID', () => 'acme'],
    ['an SQL injection', () => `1'%20OR%20'1'='1`],
    ['an id with channel syntax', () => `${orgId}:user:1`],
  ])('closes with the same 4003 for %s', async (_, id) => {
    expect(await closeOf(`/ws/events/${id()}/?token=${bob}`)).toEqual(NOT_A_MEMBER);
  });

  it('checks identity before membership', async () => {
    expect(await closeOf(`/ws/events/${randomUUID()}/?token=x`)).toEqual(TOKEN_INVALID);
  });
});

describe('credentials', () => {
  it('are accepted as a subprotocol, and never echoed next to herald.v1', async () => {
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { protocols: ['herald.v1', protocolOf(alice)] });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
    expect(client.protocol).toBe('herald.v1');
  });

  it('are echoed if they are the only subprotocol, because browsers require a selected one', async () => {
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { protocols: [protocolOf(alice)] });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
    expect(client.protocol).toBe(protocolOf(alice));
  });

  it('are accepted in the Authorization header', async () => {
    expect(await welcomeOf('/ws/notifications/', { token: alice })).toMatchObject({ user_id: 'alice' });
  });

  it('with the highest precedence are used', async () => {
    const options = { protocols: ['herald.v1', protocolOf(alice)], token: bob };
    expect(await welcomeOf(`/ws/notifications/?token=${bob}`, options)).toMatchObject({ user_id: 'alice' });
    expect(await welcomeOf(`/ws/notifications/?token=x`, { token: bob })).toMatchObject({ user_id: 'bob' });
  });

  it('with the highest precedence are used even if invalid', async () => {
    const protocols = ['herald.v1', protocolOf('bad')];
    expect(await closeOf(`/ws/notifications/?token=${alice}`, { protocols })).toEqual(TOKEN_INVALID);
    expect(await closeOf(`/ws/notifications/?token=${alice}`, { token: 'bad' })).toEqual(TOKEN_INVALID);
    expect(await closeOf(`/ws/notifications/?ticket=bad&token=${alice}`)).toEqual({
      code: 4001,
      reason: 'ticket_invalid',
    });
    expect(await closeOf(`/ws/notifications/?token=${alice}`, { headers: { authorization: 'Bearer' } })).toEqual(
      TOKEN_MISSING,
    );
  });
});
