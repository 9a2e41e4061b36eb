import { MigrationExecutor } from 'typeorm';
import { connect, type PostgresOptions } from './data-source.js';
import { MIGRATIONS } from './migrations/index.js';

/** Any number that nothing else locks in this database ("HRLD"). */
const LOCK_KEY = 0x48524c44;

/**
 * Brings the schema up to date over a connection of its own: all that is missing in one transaction, or nothing.
 *
 * Nodes that start together queue for an advisory lock; whoever comes second finds nothing to do.
 * @returns the names of the migrations applied
 */
export async function migrate(options: PostgresOptions): Promise<string[]> {
  // Without the time limits of the usual statements: a migration of much data may take its time.
  const dataSource = await connect({ ...options, migrations: MIGRATIONS, extra: { keepAlive: true } });
  const queryRunner = dataSource.createQueryRunner();
  try {
    await queryRunner.startTransaction();
    // Also for the tables: a migration that waits for one blocks everybody who comes after it.
    await queryRunner.query(`SET LOCAL lock_timeout = '60s'`);
    await queryRunner.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const applied = await new MigrationExecutor(dataSource, queryRunner).executePendingMigrations();
    await queryRunner.commitTransaction();
    return applied.map(({ name }) => name);
  } catch (error) {
    // The first failure is the one to tell; a lost connection can't roll back.
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await queryRunner.release();
    await dataSource.destroy();
  }
}
