import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Herald, herald } from '../support/herald.js';
import { sample } from '../support/metrics.js';
import { type PostgresServer, startPostgres } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const GRACE_MS = 1_000;

let postgres: PostgresServer;
let node: Herald;

beforeAll(async () => {
  postgres = await startPostgres();
  node = await herald({ DATABASE_URL: await postgres.createDatabase(), SHUTDOWN_GRACE_MS: String(GRACE_MS) });
});
afterAll(async () => {
  await closeAllClients();
  await postgres.resume();
  await postgres.stop();
});

describe('a Postgres that hangs, with queries under way', () => {
  it('does not keep a node from draining and stopping cleanly within its grace time', async () => {
    const client = await node.join('/ws/notifications/', 'alice');
    const api = await node.api('alice');
    const ask = (): Promise<unknown>[] => Array.from({ length: 10 }, () => api.get('/orgs').catch(() => null));
    // Fills the pool: an attempt at a new connection would time out after some seconds.
    await Promise.all(ask());
    await postgres.pause();
    const requests = ask();
    await until(async () => (await sample(node, 'herald_gauge_known{gauge="herald_outbox_depth"}')) === 0);
    const since = performance.now();
    await node.stop();
    expect(performance.now() - since).toBeLessThan(GRACE_MS + 8_000);
    expect(await client.closed()).toMatchObject({ code: 1012 });
    await Promise.all(requests);
  });
});
