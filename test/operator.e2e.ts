import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { HeraldProcess } from './support/herald-process.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect } from './support/ws-client.js';

let node: Herald;
let admin: ApiClient;
let orgId: string;

beforeAll(async () => {
  node = await herald();
  admin = await node.api('root', { roles: ['realtime-admin'] });
  orgId = await node.organization('operator');
});
afterEach(async () => {
  await closeAllClients();
  await until(async () => (await admin.get('/realtime/connections')).body.items.length === 0);
});
afterAll(() => node.stop());

/** Runs the tool against the node until it exits. */
async function run(...words: string[]): Promise<{ code: number | null; output: string }> {
  const process = await HeraldProcess.spawn('herald.js', {}, [...words, '--url', node.url]);
  const { code } = await process.exit();
  return { code, output: process.output };
}

describe("the operator's tool", () => {
  it('prints a token that connects', async () => {
    const { code, output } = await run('token', 'alice', '--email', 'alice@example.com');
    expect(code).toBe(0);
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { token: output.trim() });
    expect(await client.next()).toMatchObject({ type: 'connection.established', user_id: 'alice' });
  });

  it('notifies a user', async () => {
    const client = await node.join('/ws/notifications/', 'alice');
    expect((await run('notify', 'alice', 'Hello', 'from Herald')).code).toBe(0);
    expect(await client.next()).toMatchObject({ notification: { title: 'Hello', body: 'from Herald' } });
  });

  it('publishes an event', async () => {
    const client = await node.join(`/ws/events/${orgId}/`, 'operator');
    expect((await run('emit', orgId, 'invoice.paid', '{"amount_cents":1999}')).code).toBe(0);
    expect(await client.next()).toMatchObject({ event_type: 'invoice.paid', data: { amount_cents: 1999 } });
  });

  it('prints what a connection receives until it is closed', async () => {
    const tail = await HeraldProcess.spawn('herald.js', {}, ['tail', '/ws/notifications/', '--url', node.url]);
    await tail.says('connection.established');
    await run('notify', 'operator', 'Seen');
    await tail.says('"title":"Seen"');
    expect((await admin.post('/realtime/users/operator/disconnect')).status).toBe(204);
    expect(await tail.exit()).toEqual({ code: 0, signal: null });
    expect(tail.output).toContain('closed with 4001');
  });

  it('fails if its connection is refused', async () => {
    const { code, output } = await run('tail', '/ws/events/nowhere/');
    expect(code).toBe(1);
    expect(output).toContain('closed with 4003 not_a_member');
  });

  it.each([[['--help']], [['-h']], [['help']], [['token', '--help']]])(
    'prints its usage on request for %j',
    async (words) => {
      const { code, output } = await run(...words);
      expect(code).toBe(0);
      expect(output).toMatch(/^Usage: npm run herald/);
    },
  );

  it.each([
    [[], 'Takes a command'],
    [['constructor'], 'Unknown command: constructor'],
    [['token'], 'Takes <user_id>'],
    [['emit', 'o', 'a.b', 'nonsense'], '<data>: got nonsense, takes a JSON object'],
    [['token', 'alice', '--loud'], '--loud'],
  ])('explains the problem and its usage for %j', async (words, problem) => {
    const { code, output } = await run(...words);
    expect(code).toBe(2);
    expect(output).toContain(problem);
    expect(output).toContain('Usage: npm run herald');
  });

  it('reports in one line why the server refused', async () => {
    const { code, output } = await run('emit', orgId, 'resource.created', '{}');
    expect(code).toBe(1);
    expect(output).toMatch(/^herald: \/api\/v1\/orgs\/.* answered 400: /);
    expect(output).not.toContain('    at ');
  });
});

describe('connections', () => {
  it('lists those of all users, a user, or an organization', async () => {
    const clients = await Promise.all([
      node.join('/ws/notifications/', 'alice'),
      node.join(`/ws/events/${orgId}/`, 'operator'),
    ]);
    const [ofAlice, ofOperator] = clients.map(({ received }) => String(received[0]?.connection_id));

    const all = await run('connections');
    expect(all.code).toBe(0);
    const [headings, ...rows] = all.output.trimEnd().split('\n');
    expect(headings).toMatch(/^CONNECTION +USER +ENDPOINT +ADDRESS +NODE +CONNECTED +TOKEN ENDS +SENT +BUFFERED$/);
    expect(rows).toHaveLength(2);
    expect(rows.find((row) => row.startsWith(String(ofAlice)))).toMatch(/ alice +notifications +127\.0\.0\.1 /);
    expect(rows.find((row) => row.startsWith(String(ofOperator)))).toContain(`events ${orgId}`);

    for (const [words, shown, hidden] of [
      [['--user', 'alice'], ofAlice, ofOperator],
      [['--org', orgId], ofOperator, ofAlice],
    ] as const) {
      const { output } = await run('connections', ...words);
      expect(output).toContain(shown);
      expect(output).not.toContain(hidden);
    }
    expect((await run('connections', '--user', 'nobody')).output).toBe('No live connections\n');
  });

  it('lists them beyond a single page', async () => {
    const users = Array.from({ length: 7 }, (_, n) => `user-${n}`);
    await Promise.all(users.flatMap((user) => Array.from({ length: 15 }, () => node.join('/ws/notifications/', user))));
    const { output } = await run('connections');
    expect(output.trimEnd().split('\n')).toHaveLength(1 + 7 * 15);
  });
});
