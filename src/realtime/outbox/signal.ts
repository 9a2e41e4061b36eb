/** A row of the outbox that is published as a signal to all nodes. */
export interface Signal {
  id: string;
  /** The JSON text of an object with `type`, `id`, `at` (milliseconds, by the database's clock) and the type's own fields. */
  payload: string;
}
