import { Logger } from '@nestjs/common';
import { type DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';
import { connect, type PostgresOptions } from './data-source.js';
import { MIGRATIONS } from './migrations/index.js';

/** An arbitrary number ("HRLD") that nothing else locks in this database. */
const LOCK_KEY = 0x48524c44;
/** A migration that waits for a table blocks every later query on it, so it gives up. */
const TABLE_LOCK_TIMEOUT = '60s';

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
    await guard?.rollbackTransaction().catch(() => undefined);
    await guard?.release();
    await dataSource.destroy();
  }
}

/** The transaction holds the lock until it ends: unlike a session, it also does so behind a pooler. */
async function waitForTurn(guard: QueryRunner): Promise<void> {
  await guard.startTransaction();
  const tried = 'SELECT pg_try_advisory_xact_lock($1) AS "isFirst"';
  const [first] = await guard.manager.query<{ isFirst: boolean }[]>(tried, [LOCK_KEY]);
  if (first?.isFirst === true) return;
  logger.log('Waiting for another process that is migrating the database');
  await guard.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
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
