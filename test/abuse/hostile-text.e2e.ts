import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { type Herald, herald } from '../support/herald.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, upgradeStatus } from '../support/ws-client.js';

/** CPU time of this process, which runs the node too. A case takes a few ms; a pattern that backtracks takes minutes. */
const CPU_LIMIT_MS = 2_000;

const EXPLOSIVE = `${'a'.repeat(60_000)}!`;
const HEADER = `${'a'.repeat(7_000)}!`;

let node: Herald;
let api: ApiClient;
let orgId: string;
let resourceId: string;
let cpuAtStart: NodeJS.CpuUsage;

beforeAll(async () => {
  node = await herald();
  api = await node.api('alice', { roles: ['realtime-admin'] });
  orgId = String((await api.post('/orgs', { name: 'Acme' })).body.id);
  resourceId = String((await api.post(`/orgs/${orgId}/resources`, { name: 'Plan' })).body.id);
});
afterAll(async () => {
  await closeAllClients();
  await until(() => node.isHealthy());
  await node.stop();
});
beforeEach(() => void (cpuAtStart = process.cpuUsage()));
afterEach(() => {
  const { user, system } = process.cpuUsage(cpuAtStart);
  expect((user + system) / 1_000).toBeLessThan(CPU_LIMIT_MS);
});

describe('text that is made to be slow to process', () => {
  it.each<[string, () => [path: string, body: unknown]]>([
    ['a name', () => ['/orgs', { name: EXPLOSIVE }]],
    ['a member', () => [`/orgs/${orgId}/members`, { user_id: EXPLOSIVE }]],
    ['a sensitivity', () => [`/orgs/${orgId}/resources`, { name: 'x', sensitivity: EXPLOSIVE }]],
    ['an event type', () => [`/orgs/${orgId}/events`, { event_type: `a.${EXPLOSIVE}`, data: {} }]],
    ['an event type of many dots', () => [`/orgs/${orgId}/events`, { event_type: 'a.'.repeat(30_000), data: {} }]],
    ['an alert', () => ['/alerts', { message: EXPLOSIVE, severity: EXPLOSIVE, org_id: EXPLOSIVE }]],
    ['a blank message', () => [`/orgs/${orgId}/messages`, { to: 'bob', body: ' '.repeat(60_000) }]],
    ['a blank comment', () => [`/orgs/${orgId}/resources/${resourceId}/comments`, { body: ' '.repeat(60_000) }]],
    ['mutes', () => ['/notifications/preferences', { muted: Array.from({ length: 5_000 }, () => EXPLOSIVE[0]) }]],
    // @abuse LIM-18
  ])('as %s is refused at once', async (_, request) => {
    const [path, body] = request();
    const { status } = await api.request(path.endsWith('preferences') ? 'PUT' : 'POST', path, JSON.stringify(body));
    expect([400, 404]).toContain(status);
  });

  it.each([
    ['mentions', '@'.repeat(4_000)],
    ['mentions with every end of a name', '@a b.'.repeat(800)],
    ['one long mention', `@${'a.'.repeat(1_900)}`],
    // @abuse LIM-18
  ])('as a comment of %s is accepted at once', async (_, body) => {
    const { status } = await api.post(`/orgs/${orgId}/resources/${resourceId}/comments`, { body });
    expect(status).toBe(201);
  });

  it.each([
    ['parts of tokens', `/${'eyJ'.repeat(2_500)}`],
    ['dots', `/${'eyJ.'.repeat(1_800)}`],
    ['segments', '/a'.repeat(3_500)],
    ['percent signs', `/ws/${'%2e'.repeat(2_400)}`],
    // @abuse LIM-18
  ])('as a path of %s is answered at once, twenty times', async (_, path) => {
    for (let n = 0; n < 20; n += 1) expect((await fetch(`${node.url}${path}`)).status).toBe(404);
  });

  it.each([
    ['Origin', `https://${'a.'.repeat(3_500)}!`, 403],
    ['Sec-WebSocket-Protocol', Array.from({ length: 1_000 }, (_, n) => `p${n}`).join(', '), 101],
    ['Authorization', `Bearer ${' '.repeat(3_000)}${HEADER}`, 101],
    ['X-Forwarded-For', `${'1,'.repeat(3_500)}1`, 101],
    // @abuse LIM-18
  ])('as a header %s of an upgrade is answered at once', async (name, value, status) => {
    for (let n = 0; n < 10; n += 1) {
      expect(await upgradeStatus(`${node.wsUrl}/ws/notifications/`, { headers: { [name]: value } })).toBe(status);
    }
  });
});

describe('objects with keys made to collide', () => {
  const keys = (count: number): string => {
    const entries = Array.from({ length: count }, (_, n) => `"${n * 65_536}":1`);
    return `{${entries.join(',')}}`;
  };

  // @abuse LIM-19
  it('are accepted or refused at once as an event', async () => {
    const body = (count: number): string => `{"event_type":"test.keys","data":${keys(count)}}`;
    expect((await api.request('POST', `/orgs/${orgId}/events`, body(4_000))).status).toBe(202);
    expect((await api.request('POST', `/orgs/${orgId}/events`, body(10_000))).status).toBe(400);
  });

  // @abuse LIM-19
  it('are answered at once as extra fields of a body', async () => {
    const body = keys(10_000).replace('{', '{"name":"Keys",');
    expect([201, 400]).toContain((await api.request('POST', '/orgs', body)).status);
  });

  // @abuse LIM-19
  it('are ignored at once in a message', async () => {
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { token: await node.tokenFor('alice') });
    await client.next();
    client.sendRaw(keys(1_100).replace('{', '{"type":"ping","timestamp":1,'));
    expect(await client.next()).toEqual({ type: 'pong', timestamp: 1 });
  });
});
