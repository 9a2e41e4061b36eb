/** A row of the outbox table. */
export interface OutboxRow {
  id: string;
  channel: string;
  kind: string;
  body: string;
  idempotency_key: string | null;
  except: string | null;
  /** Set if it was published before. */
  cursor: string | null;
  /** Milliseconds since the Unix epoch, by the database's clock. */
  created_ms: number;
}

/** A row of the outbox that is published as a signal to all nodes. */
export interface Signal {
  id: string;
  /** The JSON text of an object with `type`, `id`, `at` (milliseconds, database clock) and the type's own fields. */
  payload: string;
}
