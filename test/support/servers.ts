/**
 * The servers that tests need: real ones, on free ports of this machine, stopped when the test run ends.
 *
 * They run from programs on the machine, otherwise from containers or Debian's packages: see `servers/programs.ts`.
 */
import type { PostgresServer } from './servers/postgres.js';
import { createDatabase, startPostgres } from './servers/postgres.js';

export { makeCertificate } from './servers/certificate.js';
export type { Certificate } from './servers/certificate.js';
export { startCluster, startClusterReplica } from './servers/cluster.js';
export type { RedisCluster } from './servers/cluster.js';
export { freePort } from './servers/free-port.js';
export { startNginx } from './servers/nginx.js';
export type { NginxServer } from './servers/nginx.js';
export { provideProgram } from './servers/packages.js';
export { startPgbouncer } from './servers/pgbouncer.js';
export type { PgbouncerServer } from './servers/pgbouncer.js';
export { createDatabase, startPostgres } from './servers/postgres.js';
export type { PostgresServer } from './servers/postgres.js';
export { CHROMIUM, findServers, provideAllPrograms } from './servers/programs.js';
export { startRedis } from './servers/redis.js';
export type { RedisOptions, RedisServer } from './servers/redis.js';
export { startSentinelGroup } from './servers/sentinel.js';
export type { SentinelGroup } from './servers/sentinel.js';
export type { Server } from './servers/server.js';

let ownServer: Promise<PostgresServer> | null = null;

/**
 * Creates a database on the Postgres that the test run shares, with an up-to-date schema: copying one takes a tenth
 * of the time that the migrations take.
 */
export async function postgresDatabase(): Promise<string> {
  const { TEST_POSTGRES_URL: shared, TEST_POSTGRES_TEMPLATE: template } = process.env;
  return shared === undefined ? emptyDatabase() : createDatabase(shared, template);
}

/** Creates a database without a schema. */
export async function emptyDatabase(): Promise<string> {
  const { TEST_POSTGRES_URL: shared } = process.env;
  if (shared !== undefined) return createDatabase(shared);
  // Without Jest's global setup there is no shared one; the watchdog stops this one with the process.
  ownServer ??= startPostgres();
  return (await ownServer).createDatabase();
}
