import type { DataSource } from 'typeorm';
import type { OutboxRow } from './outbox-row.js';
import { readRow } from './read-row.js';
import { readRevocation, type Revocation } from './revocation.js';

/** How far back nodes look for revocations; the outbox keeps them at least this long. */
const RECENT_SECONDS = 600;

/** One query for both. An index of signals alone finds the rows. */
const SELECT = `
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, (
    SELECT coalesce(json_agg(recent), '[]') FROM (
      SELECT id, channel, kind, body, idempotency_key, "except", cursor,
        (extract(epoch FROM created_at) * 1000)::float8 AS created_ms
      FROM realtime_outbox WHERE kind <> 'frame' AND created_at > now() - make_interval(secs => $1)
    ) recent
  ) AS rows`;

/** The revocations of the last ten minutes, published or not, and the time by the database's clock in milliseconds. */
export async function recentRevocations(dataSource: DataSource): Promise<{ now: number; revocations: Revocation[] }> {
  const [answer] = await dataSource.query<{ now: number; rows: OutboxRow[] }[]>(SELECT, [RECENT_SECONDS]);
  if (answer === undefined) throw new Error('The database returned no row');
  const signals = answer.rows.map(readRow).filter((each) => 'payload' in each);
  const revocations = signals.map(({ payload }) => readRevocation(payload)).filter((each) => each !== null);
  return { now: answer.now, revocations };
}
