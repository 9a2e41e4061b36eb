import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../src/realtime/testing/until.js';
import type { ApiClient } from '../support/api-client.js';
import { HeraldProcess } from '../support/herald-process.js';
import { type Herald, twoHeralds } from '../support/herald.js';
import { closeAllClients, type TestClient } from '../support/ws-client.js';

/** Shorter than in production; a busy process must still renew its lease in time. */
const timings = { nodeLeaseMs: 4_000, presenceLingerMs: 500 };

let one: Herald;
let two: Herald;
let path: string;
let orgId: string;
let alice: ApiClient;
let watcher: TestClient;

beforeAll(async () => {
  [one, two] = await twoHeralds({}, { timings });
  orgId = await one.organization('alice', ['bob', 'carol', 'dave']);
  path = `/ws/events/${orgId}/`;
  alice = await one.api('alice');
  watcher = await one.join(`${path}?presence=true`, 'alice');
});
afterAll(async () => {
  await closeAllClients();
  await one.stop();
});

const startAnother = async (): Promise<HeraldProcess> =>
  (await HeraldProcess.spawnHurried(timings, one.variables)).ready();

async function present(): Promise<string[]> {
  const { body } = await alice.get(`/orgs/${orgId}/presence`);
  return (body.items as { user_id: string }[]).map(({ user_id }) => user_id);
}

/** All that the watcher is told until a user on a killed node leaves: by then ended nodes are cleaned up again. */
async function toldUntilSwept(): Promise<unknown[]> {
  const told = watcher.received.length;
  const doomed = await startAnother();
  await doomed.join(path, await one.tokenFor('dave'));
  // Being listed is not enough: a node killed then may not have announced it yet.
  await until(() => watcher.received.slice(told).some(({ user_id }) => user_id === 'dave'));
  await doomed.end('SIGKILL');
  await until(() => watcher.received.at(-1)?.action === 'left' && watcher.received.at(-1)?.user_id === 'dave');
  return watcher.received.slice(told).map(({ action, user_id }) => `${String(user_id)} ${String(action)}`);
}

describe('an outage of Redis that outlasts the leases of all nodes, with its data intact', () => {
  it('tells nobody that anybody has left', async () => {
    await one.join(path, 'bob');
    await two.join(path, 'carol');
    await until(() => ['bob', 'carol'].every((user) => watcher.received.some(({ user_id }) => user_id === user)));
    await one.redis.pause();
    const end = performance.now() + 2 * timings.nodeLeaseMs;
    await until(() => performance.now() > end);
    await one.redis.resume();
    await one.recovered();
    expect(await toldUntilSwept()).toEqual(['dave joined', 'dave left']);
    expect(await present()).toEqual(['alice', 'bob', 'carol']);
  });
});

describe('a node that drains', () => {
  it('tells nothing of users who come back elsewhere', async () => {
    await closeAllClients();
    watcher = await one.join(`${path}?presence=true`, 'alice');
    await until(async () => (await present()).join() === 'alice');
    const leaving = await startAnother();
    const bob = await leaving.join(path, await one.tokenFor('bob'));
    await until(() => watcher.received.some(({ user_id, action }) => user_id === 'bob' && action === 'joined'));
    const ended = leaving.end('SIGTERM');
    await bob.closed();
    await one.join(path, 'bob');
    await ended;
    expect(await toldUntilSwept()).toEqual(['dave joined', 'dave left']);
    expect(await present()).toEqual(['alice', 'bob']);
  });
});
