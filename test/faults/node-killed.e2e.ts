import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../support/api-client.js';
import { type Herald, twoHeralds } from '../support/herald.js';
import { HeraldProcess } from '../support/herald-process.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** Shorter than in production; a busy process must still renew its lease in time. */
const timings = { nodeLeaseMs: 4_000 };

let one: Herald;
let two: Herald;
let killed: HeraldProcess;

beforeAll(async () => {
  [one, two] = await twoHeralds({}, { timings });
  killed = await (await HeraldProcess.spawnHurried(timings, one.variables)).ready();
});
afterAll(async () => {
  await closeAllClients();
  await killed.end('SIGKILL');
  await one.stop();
});

describe('a killed node', () => {
  it('is noticed when its lease expires: its connections are no longer listed, and users only on it have left', async () => {
    const orgId = await one.organization('alice', ['bob', 'carol']);
    const path = `/ws/events/${orgId}/`;
    const alice = await one.api('alice');
    const admin = await two.api('admin', { roles: ['realtime-admin'] });
    const watcher = await one.join(`${path}?presence=true`, 'alice');
    const bob = await killed.join(path, await one.tokenFor('bob'));
    expect(await watcher.next()).toEqual({ type: 'presence', action: 'joined', user_id: 'bob' });
    await killed.join(path, await one.tokenFor('carol'));
    expect(await watcher.next()).toEqual({ type: 'presence', action: 'joined', user_id: 'carol' });
    const staying = await two.join(path, 'carol');
    await until(async () => (await usersOf(admin)).join() === 'alice,bob,carol,carol');
    await until(async () => (await presentIn(orgId, alice)).includes('carol 2'));

    await killed.end('SIGKILL');
    expect(await bob.closed()).toMatchObject({ code: 1006 });
    expect(await watcher.next()).toEqual({ type: 'presence', action: 'left', user_id: 'bob' });
    expect(await presentIn(orgId, alice)).toEqual(['alice 1', 'carol 1']);
    expect(await usersOf(admin)).toEqual(['alice', 'carol']);
    await staying.ping();
  });
});

async function usersOf(admin: ApiClient): Promise<string[]> {
  const { body } = await admin.get('/realtime/connections');
  return (body.items as { user_id: string }[]).map((each) => each.user_id).sort();
}

async function presentIn(orgId: string, member: ApiClient): Promise<string[]> {
  const { body } = await member.get(`/orgs/${orgId}/presence`);
  return (body.items as { user_id: string; connections: number }[]).map(
    (each) => `${each.user_id} ${each.connections}`,
  );
}
