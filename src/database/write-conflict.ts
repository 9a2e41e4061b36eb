import { isNativeError } from 'node:util/types';

/** Serialization failure and deadlock: the transaction was rolled back, and may succeed when retried. */
const SQL_STATES: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** Whether an error means that a transaction was rolled back in favour of another one. */
export function isWriteConflict(error: unknown): boolean {
  const cause = isNativeError(error) && 'driverError' in error ? error.driverError : error;
  return isNativeError(cause) && 'code' in cause && SQL_STATES.has(cause.code);
}
