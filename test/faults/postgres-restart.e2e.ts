import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { ApiClient } from '../support/api-client.js';
import { Deployment } from '../support/deployment.js';
import { Load } from '../support/load.js';
import { type PostgresServer, startPostgres } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const RECOVERY_MS = 20_000;

let postgres: PostgresServer;
let deployment: Deployment;
let api: ApiClient;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  await keepCommits(databaseUrl);
  deployment = await Deployment.start({ databaseUrl });
  api = deployment.api(deployment.nodes[0]);
});
afterAll(async () => {
  await closeAllClients();
  await deployment.stop();
  await postgres.stop();
});

/** The tests' Postgres may lose the newest commits in a crash; this database must not. */
async function keepCommits(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET synchronous_commit = on`);
  await client.end();
}

const send = async (n: number): Promise<number> =>
  (await api.post(`/orgs/${deployment.orgId}/events`, { event_type: 'test.numbered', data: { n } })).status;

describe('a Postgres that is killed and restarted', () => {
  // @abuse PG-01
  it('makes REST answer 503 in the meantime, ends no socket, and loses or repeats no accepted event', async () => {
    const [node, other] = deployment.nodes;
    const clients = [await deployment.watch(node), await deployment.watch(other)];
    const accepted: number[] = [];
    const statuses = new Set<number>();
    const load = new Load(
      [deployment.orgId],
      async (_, n) => {
        const status = await send(n);
        statuses.add(status);
        if (status === 202) accepted.push(n);
      },
      100,
    );
    await until(() => accepted.length > 50);

    await postgres.kill();
    const answer = await api.post(`/orgs/${deployment.orgId}/resources`, { name: 'Report' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect((await api.get('/orgs')).status).toBe(503);
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${node.url}/health/live`)).status).toBe(200);
    const path = `${node.wsUrl}/ws/events/${deployment.orgId}/`;
    const refused = await connect(path, { token: deployment.token });
    expect(await refused.closed()).toEqual({ code: 1013, reason: 'unavailable' });

    await until(() => statuses.has(503));

    await postgres.start();
    const before = accepted.length;
    await until(() => accepted.length > before + 50, RECOVERY_MS);
    await load.stop();
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([202, 503]);
    await until(() => node.isHealthy());
    for (const client of clients) {
      await until(() => client.has(accepted.at(-1) ?? 0), RECOVERY_MS);
      // A commit whose answer was lost in the crash may be delivered too.
      expect(client.numbers.filter((n) => accepted.includes(n))).toEqual(accepted);
      expect(client.account(0)).toEqual({ missing: [], doubled: [], late: [] });
      expect(client.isOpen).toBe(true);
    }
  });
});
