import type { DataSource } from 'typeorm';
import { until } from '../../src/realtime/testing/until.js';

/** Every row of every table, as text. */
export type Snapshot = Record<string, string[]>;

const TABLES = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`;

/** Reads the whole database once the outbox is empty, so that no publication in progress changes it. */
export async function snapshotOf(dataSource: DataSource): Promise<Snapshot> {
  await outboxIsEmpty(dataSource);
  const tables = await dataSource.query<{ tablename: string }[]>(TABLES);
  const snapshot: Snapshot = {};
  for (const { tablename } of tables) {
    const rows = await dataSource.query<{ row: string }[]>(
      `SELECT to_jsonb(each)::text AS row FROM "${tablename}" AS each ORDER BY 1`,
    );
    snapshot[tablename] = rows.map(({ row }) => row);
  }
  return snapshot;
}

/** Resolves when every committed message has been published. */
export function outboxIsEmpty(dataSource: DataSource): Promise<void> {
  return until(async () => {
    const [row] = await dataSource.query<{ depth: number }[]>(
      'SELECT count(*)::int AS depth FROM realtime_outbox WHERE published_at IS NULL',
    );
    return row?.depth === 0;
  });
}
