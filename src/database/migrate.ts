import { MigrationExecutor } from 'typeorm';
import { connect, type PostgresOptions } from './data-source.js';
import { MIGRATIONS } from './migrations/index.js';

/** An arbitrary number ("HRLD") that nothing else locks in this database. */
const LOCK_KEY = 0x48524c44;

/**
 * Applies all missing migrations in one transaction, over a connection of its own.
 *
 * Nodes that start together queue for an advisory lock; the first applies the migrations, the others find nothing to do.
 * @returns the names of the migrations applied
 */
export async function migrate(options: PostgresOptions): Promise<string[]> {
  // Without the usual time limits for statements: migrating a lot of data takes long.
  const dataSource = await connect({ ...options, migrations: MIGRATIONS, extra: { keepAlive: true } });
  const queryRunner = dataSource.createQueryRunner();
  try {
    await queryRunner.startTransaction();
    // Also limits waiting for table locks: a waiting migration blocks every later query on the table.
    await queryRunner.query(`SET LOCAL lock_timeout = '60s'`);
    await queryRunner.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const applied = await new MigrationExecutor(dataSource, queryRunner).executePendingMigrations();
    await queryRunner.commitTransaction();
    return applied.map(({ name }) => name);
  } catch (error) {
    // Rethrow the first failure, not that of the rollback, which fails on a lost connection.
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await queryRunner.release();
    await dataSource.destroy();
  }
}
