import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';
import { connect, type PostgresOptions } from './data-source.js';
import { MIGRATIONS } from './migrations/index.js';

/** An arbitrary number ("HRLD") that nothing else locks in this database. */
const LOCK_KEY = 0x48524c44;
/** A migration that waits for a table blocks every later query on it, so it gives up. */
const TABLE_LOCK_TIMEOUT = '60s';
/** How often to look whether another process has finished its migrations. */
const WAIT_MS = 500;

const logger = new Logger('Migrations');

/**
 * Applies all missing migrations, each in a transaction of its own, or in none if it says `transaction = false`, as
 * `CREATE INDEX CONCURRENTLY` needs. What was applied before a failure stays.
 *
 * Of nodes that start together, one applies them; the others wait for as long as it takes, and find nothing to do.
 * @returns the names of the migrations applied
 */
export async function migrate(options: PostgresOptions): Promise<string[]> {
  // Without the usual time limits for statements: migrating a lot of data takes long.
  const dataSource = await connect({ ...options, migrations: MIGRATIONS, poolSize: 2, extra: { keepAlive: true } });
  // The embedded database has a single session, and belongs to this process alone.
  const guard = options.driver === undefined ? dataSource.createQueryRunner() : null;
  try {
    if (guard !== null) await waitForTurn(guard);
    return await applyAll(dataSource);
  } finally {
    // Fails on a lost connection, which has ended the transaction anyway.
    if (guard?.isTransactionActive === true) await guard.rollbackTransaction().catch(() => undefined);
    await guard?.release();
    await dataSource.destroy();
  }
}

/**
 * The guard's transaction holds the lock until it ends: unlike a session, it also does so behind a pooler. Whoever waits
 * does so without a transaction, and the guard asks without parameters, which would keep a snapshot: a migration with
 * `CREATE INDEX CONCURRENTLY` waits for all older ones.
 */
async function waitForTurn(guard: QueryRunner): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await guard.startTransaction();
    const [tried] = await guard.manager.query<{ is_mine: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(${LOCK_KEY}) AS is_mine`,
    );
    if (tried?.is_mine === true) break;
    await guard.rollbackTransaction();
    if (attempt === 1) logger.log('Waiting for another process that is migrating the database');
    await delay(WAIT_MS);
  }
  // It is idle for as long as the migrations take.
  await guard.query('SET LOCAL idle_in_transaction_session_timeout = 0');
}

async function applyAll(dataSource: DataSource): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    const executor = new MigrationExecutor(dataSource, queryRunner);
    const pending = await executor.getPendingMigrations();
    for (const migration of pending) await apply(migration, executor, queryRunner);
    return pending.map(({ name }) => name);
  } finally {
    await queryRunner.release();
  }
}

async function apply(migration: Migration, executor: MigrationExecutor, queryRunner: QueryRunner): Promise<void> {
  if (migration.instance?.transaction === false) {
    await executor.executeMigration(migration);
    return;
  }
  await queryRunner.startTransaction();
  try {
    await queryRunner.query(`SET LOCAL lock_timeout = '${TABLE_LOCK_TIMEOUT}'`);
    await executor.executeMigration(migration);
    await queryRunner.commitTransaction();
  } catch (error) {
    // Rethrow the first failure, not that of the rollback, which fails on a lost connection.
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}
