import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { Logger } from '@nestjs/common';
import { AbstractLogger, DataSource, type DataSourceOptions, type LogLevel, type LogMessage } from 'typeorm';
import { isDatabaseUnavailable } from './unavailable.js';
import type { DatabaseSettings } from '../config/environment.js';
import type { EmbeddedPostgres } from './embedded/embedded-postgres.js';

export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

const START_WAIT_MS = 60_000;

const logger = new Logger('Database');

/** TypeORM's own log, which would go around ours: with `logging` off, only that a migration has failed. */
class TypeOrmLog extends AbstractLogger {
  protected override writeLog(_level: LogLevel, messages: LogMessage | LogMessage[]): void {
    for (const { message } of this.prepareLogMessages(messages, { highlightSql: false })) logger.warn(message);
  }
}

const COMMON = {
  type: 'postgres',
  synchronize: false,
  // Only so that TypeORM does not look for an extension: ids are made in the application.
  uuidExtension: 'pgcrypto',
  installExtensions: false,
  logging: false,
  logger: new TypeOrmLog(false),
  // A connection that is lost while nobody uses it; the pool replaces it.
  poolErrorHandler: (error: Error) => logger.warn(`A database connection was lost: ${error.message}`),
} satisfies PostgresOptions;

/**
 * How to reach a Postgres server: nothing waits for it without end.
 * @param createSocket what a connection runs on, not connected yet
 */
export function serverOptions(
  { url, poolSize, statementTimeoutMs }: DatabaseSettings,
  createSocket?: () => Socket,
): PostgresOptions {
  return {
    ...COMMON,
    url,
    poolSize,
    applicationName: 'herald',
    connectTimeoutMS: 5_000,
    extra: {
      stream: createSocket,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
      // For a server that no longer answers, not even that the time is over.
      query_timeout: statementTimeoutMs + 5_000,
    },
  };
}

/** How to reach the embedded database; see {@link EmbeddedPostgres.driver} for `closesWithPool`. */
export function embeddedOptions(embedded: EmbeddedPostgres, how: { closesWithPool: boolean }): PostgresOptions {
  return { ...COMMON, driver: embedded.driver(how) };
}

/**
 * Connects, and waits for a server that is not there yet (both may have been started together).
 * @throws what the last attempt said, if the server did not come in time or refuses us
 */
export async function connect(options: DataSourceOptions, waitMs = START_WAIT_MS): Promise<DataSource> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await new DataSource(options).initialize();
    } catch (error) {
      const leftMs = deadline - Date.now();
      if (!isDatabaseUnavailable(error) || leftMs <= 0) throw error;
      logger.warn(`Postgres can't be reached yet (${reason(error)}); trying for another ${Math.ceil(leftMs / 1000)} s`);
      await delay(Math.min(1_000, leftMs));
    }
  }
}

/** Node gives the failure to reach a name with several addresses an empty message. */
function reason(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
