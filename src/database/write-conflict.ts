import { isNativeError } from 'node:util/types';

/** Serialization failure and deadlock: the transaction was rolled back, and may succeed when retried. */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const LOCK_NOT_AVAILABLE = '55P03';

/** Whether an error means that a transaction was rolled back in favour of another one. */
export function isWriteConflict(error: unknown): boolean {
  return CONFLICTS.has(sqlStateOf(error));
}

/** Whether an error means that a transaction waited too long for others that change the same rows. */
export function isLockTimeout(error: unknown): boolean {
  return sqlStateOf(error) === LOCK_NOT_AVAILABLE;
}

function sqlStateOf(error: unknown): unknown {
  const cause = isNativeError(error) && 'driverError' in error ? error.driverError : error;
  return isNativeError(cause) && 'code' in cause ? cause.code : undefined;
}
