import type { INestApplicationContext } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { OutboxRelay } from '../outbox/outbox-relay.js';
import { until } from './until.js';

const DEPTH = 'SELECT count(*)::int AS depth FROM realtime_outbox WHERE published_at IS NULL';

/** Resolves when everything that has been committed is published. */
export async function flushOutbox(app: INestApplicationContext): Promise<void> {
  const relay = app.get(OutboxRelay, { strict: false });
  const dataSource = app.get<DataSource>(getDataSourceToken(), { strict: false });
  relay.wake();
  await until(async () => {
    const [row] = await dataSource.query<{ depth: number }[]>(DEPTH);
    return row?.depth === 0;
  });
}
