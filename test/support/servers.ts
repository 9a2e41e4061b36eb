/**
 * The servers that tests need: real ones, on free ports of this machine, gone when the test run ends.
 *
 * They come from the programs on the machine, else from containers, else from Debian's packages: see `servers/programs.ts`.
 */
import type { PostgresServer } from './servers/postgres.js';
import { createDatabase, startPostgres } from './servers/postgres.js';

export { makeCertificate } from './servers/certificate.js';
export type { Certificate } from './servers/certificate.js';
export { startCluster } from './servers/cluster.js';
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
 * A database of the caller's own, on the Postgres that the test run shares: with an up-to-date schema, as a copy takes a
 * tenth of the time of the migrations.
 */
export async function postgresDatabase(): Promise<string> {
  const { TEST_POSTGRES_URL: shared, TEST_POSTGRES_TEMPLATE: template } = process.env;
  return shared === undefined ? emptyDatabase() : createDatabase(shared, template);
}

/** A database of the caller's own without any schema. */
export async function emptyDatabase(): Promise<string> {
  const { TEST_POSTGRES_URL: shared } = process.env;
  if (shared !== undefined) return createDatabase(shared);
  // Without jest's global set-up there is none to share; the watchdog ends this one with the process.
  ownServer ??= startPostgres();
  return (await ownServer).createDatabase();
}
