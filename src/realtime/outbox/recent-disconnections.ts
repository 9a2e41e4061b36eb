import type { DataSource } from 'typeorm';
import { IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import type { DisconnectionMessage } from '../connection/disconnection.js';

/** Served by an index of these messages alone. */
const SELECT = `
  SELECT id, body FROM realtime_outbox
  WHERE kind = 'disconnection' AND created_at > now() - make_interval(secs => $1)`;

/** The disconnections that were asked for of late, published or not: the outbox keeps them for that long at the least. */
export async function recentDisconnections(dataSource: DataSource): Promise<DisconnectionMessage[]> {
  const rows = await dataSource.query<{ id: string; body: string }[]>(SELECT, [IDEMPOTENCY_SECONDS]);
  return rows.map(({ id, body }) => ({ id, payload: `${body}}` }));
}
