import type { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.js';

/** How the database's schema differs from what this version needs. */
export interface SchemaDifference {
  /** Migrations of this version that have not been applied, in order. */
  missing: string[];
  /** Applied migrations that this version does not know: a newer one has applied them. */
  unknown: string[];
}

export async function schemaDifference(dataSource: DataSource): Promise<SchemaDifference> {
  const applied = await appliedMigrations(dataSource);
  const known = MIGRATIONS.map(({ name }) => name);
  return {
    missing: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/** Doesn't create TypeORM's table, which exists from the first migration on. */
async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  const [{ found }] = await dataSource.query<[{ found: string | null }]>(`SELECT to_regclass('migrations') AS found`);
  if (found === null) return [];
  return (await dataSource.query<{ name: string }[]>('SELECT name FROM migrations')).map(({ name }) => name);
}
