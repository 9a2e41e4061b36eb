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

/** Passes TypeORM's own messages to our log; with `logging` off, these are only failed migrations. */
class TypeOrmLog extends AbstractLogger {
  protected override writeLog(_level: LogLevel, messages: LogMessage | LogMessage[]): void {
    for (const { message } of this.prepareLogMessages(messages, { highlightSql: false })) logger.warn(message);
  }
}

const COMMON = {
  type: 'postgres',
  synchronize: false,
  // Only keeps TypeORM from looking for an extension: the application makes the ids.
  uuidExtension: 'pgcrypto',
  installExtensions: false,
  logging: false,
  logger: new TypeOrmLog(false),
  // For connections lost while idle; the pool replaces them.
  poolErrorHandler: (error: Error) => logger.warn(`A database connection was lost: ${error.message}`),
} satisfies PostgresOptions;

/**
 * Options for a Postgres server; every wait has a limit.
 * @param createSocket makes the unconnected socket of a connection
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
      // For a server that hangs and doesn't enforce its own timeout.
      query_timeout: statementTimeoutMs + 5_000,
    },
  };
}

/** Options for the embedded database; see {@link EmbeddedPostgres.driver} for `closesWithPool`. */
export function embeddedOptions(embedded: EmbeddedPostgres, how: { closesWithPool: boolean }): PostgresOptions {
  return { ...COMMON, driver: embedded.driver(how) };
}

/**
 * Connects, and waits for a server that is not up yet (both may have been started together).
 * @throws the last attempt's error, if the server doesn't come up in time or refuses us
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

/** If a host has several addresses, Node's error for failing to reach it has an empty message. */
function reason(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
