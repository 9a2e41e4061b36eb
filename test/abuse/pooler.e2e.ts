import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Deployment, redisAt } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import {
  type PgbouncerServer,
  postgresDatabase,
  type RedisServer,
  startPgbouncer,
  startRedis,
} from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** Database sessions for two nodes with a pool of ten connections each. */
const SESSIONS = 3;
const EVENTS = 200;

let redis: RedisServer;
let pooler: PgbouncerServer;
let deployment: Deployment;
let direct: DataSource;

beforeAll(async () => {
  const url = await postgresDatabase();
  [redis, pooler] = await Promise.all([startRedis(), startPgbouncer(url, SESSIONS)]);
  deployment = await Deployment.start({
    nodes: [redisAt(redis), redisAt(redis)],
    databaseUrl: pooler.through(url),
    organizations: 4,
  });
  direct = await new DataSource({ type: 'postgres', url, applicationName: 'direct' }).initialize();
});
afterEach(closeAllClients);
afterAll(async () => {
  await direct.destroy();
  await deployment.stop();
  await Promise.all([pooler.stop(), redis.stop()]);
});

async function count(from: string): Promise<number> {
  return (await direct.query(`SELECT count(*)::int FROM ${from}`))[0].count;
}

describe('two nodes behind pgbouncer in transaction mode', () => {
  // @abuse PG-21
  it('migrate, admit clients, and deliver every committed event once and in order', async () => {
    const watches = await deployment.watchAll();
    const load = deployment.load(400);
    await until(() => load.least >= EVENTS);
    await load.stop();
    for (const { orgId, client } of watches) {
      await until(() => client.has(load.count(orgId) - 1), 60_000);
      expect(client.account(load.count(orgId))).toEqual(NOTHING_AMISS);
    }
    const ours = `pg_stat_activity WHERE datname = current_database() AND application_name <> 'direct'`;
    expect(await count(ours)).toBeGreaterThan(0);
    expect(await count(ours)).toBeLessThanOrEqual(SESSIONS);
  });

  // @abuse PG-21
  it('hold no lock outside a transaction, and close a removed member’s connection', async () => {
    const api = deployment.api(deployment.nodes[0]);
    await api.post(`/orgs/${deployment.orgId}/members`, { user_id: 'second', role: 'owner' });
    const [client] = await Promise.all([
      deployment.watch(deployment.nodes[1]),
      deployment.watch(deployment.nodes[0], deployment.orgIds[1]),
    ]);
    expect((await api.delete(`/orgs/${deployment.orgId}/members/owner`)).status).toBe(204);
    expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
    // Polls, because a transaction with such a lock may be under way.
    await until(async () => (await count(`pg_locks WHERE locktype = 'advisory'`)) === 0);
  });
});

describe('Herald’s statements', () => {
  const SRC = join(import.meta.dirname, '../../src');

  // @abuse PG-21
  it('do not depend on a session', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      // The embedded database has no pooler.
      .filter((name) => name.endsWith('.ts') && !name.includes('.spec.') && !name.includes('embedded'))
      .map((name) => ({ name, text: readFileSync(join(SRC, name), 'utf8') }));
    const bound =
      /\b(UN)?LISTEN\s+["a-z]|\bNOTIFY\s+["a-z]|\bpg_notify\(|\bpg_(try_)?advisory_lock(_shared)?\(|\bPREPARE\s/;
    expect(files.filter(({ text }) => bound.test(text)).map(({ name }) => name)).toEqual([]);
    expect(files.some(({ text }) => text.includes('pg_advisory_xact_lock('))).toBe(true);
  });
});
