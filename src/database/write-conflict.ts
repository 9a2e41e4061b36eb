import { isNativeError } from 'node:util/types';

/** A serialization failure and a deadlock: the transaction was rolled back, and may succeed when it is tried again. */
const SQL_STATES: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** Whether an error says that a transaction was given up in favour of another one. */
export function isWriteConflict(error: unknown): boolean {
  const cause = isNativeError(error) && 'driverError' in error ? error.driverError : error;
  return isNativeError(cause) && 'code' in cause && SQL_STATES.has(cause.code);
}
