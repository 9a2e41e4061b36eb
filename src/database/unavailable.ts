import { isNativeError } from 'node:util/types';

/** Socket errors: the server can't be reached, or the connection was lost. */
const SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Errors of Postgres: connection exceptions, shutdown and start, exhausted resources (connections, disk, memory), read-only (as on
 * a standby), and timeouts.
 */
const SQL_STATES = /^(08...|57P0[123]|53...|57014|25006|25P0[34])$/;

/** Errors of `pg` and TypeORM that have no code. */
const MESSAGES: readonly RegExp[] = [
  /^Connection terminated/,
  /^timeout expired$/,
  /^timeout exceeded when trying to connect$/,
  /^Query read timeout$/,
  /^Client (has encountered a connection error|was closed) and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^Query runner already released/,
  /^Connection .*is not established/,
  /connection is not yet established/,
  /^Driver not Connected$/,
];

/**
 * Whether an error means that the database can't be reached or took too long, so that the same operation may succeed later.
 * Unwraps the errors of TypeORM and others.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  // Bounded, as a cause may be cyclic. Not `instanceof`, as Jest's realm has its own Error.
  for (let depth = 0; depth < 5 && isNativeError(error); depth += 1) {
    if (saysUnavailable(error)) return true;
    if ('errors' in error && Array.isArray(error.errors) && error.errors.some(isDatabaseUnavailable)) return true;
    error = 'driverError' in error ? error.driverError : error.cause;
  }
  return false;
}

function saysUnavailable(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return SYSTEM_CODES.has(code) || SQL_STATES.test(code) || MESSAGES.some((message) => message.test(error.message));
}
