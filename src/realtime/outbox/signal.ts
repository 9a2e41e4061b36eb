/** A row of the outbox that is published as a signal to all nodes. */
export interface Signal {
  id: string;
  /** The JSON text of an object with `type`, `id`, `at` (milliseconds, database clock) and the type's own fields. */
  payload: string;
}
