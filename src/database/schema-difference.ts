import type { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.js';

/** The migrations of this version that have not been applied to the database, in order. */
export async function missingMigrations(dataSource: DataSource): Promise<string[]> {
  const applied = await appliedMigrations(dataSource);
  return MIGRATIONS.map(({ name }) => name).filter((name) => !applied.includes(name));
}

/** Doesn't create TypeORM's table, which exists from the first migration on. */
export async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  const [{ found }] = await dataSource.query<[{ found: string | null }]>(`SELECT to_regclass('migrations') AS found`);
  if (found === null) return [];
  return (await dataSource.query<{ name: string }[]>('SELECT name FROM migrations')).map(({ name }) => name);
}
