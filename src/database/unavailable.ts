import { isNativeError } from 'node:util/types';

/** Of the socket: the server can't be reached, or was lost. */
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
 * Of Postgres: connection exceptions, shut down or starting, resources that ran out (connections, disk, memory), read-only, as a
 * standby is, and what ran out of its time.
 */
const SQL_STATES = /^(08...|57P0[123]|53...|57014|25006|25P0[34])$/;

/** Of `pg` and TypeORM, which give these no code. */
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
 * Whether an error says that the database can't be reached, or took too long, rather than that it refused something: what
 * failed may succeed later, unchanged. Sees through what TypeORM and others wrap around it.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  // Bounded, for a cause may be its own. By type, not by `instanceof`: tests run in a realm with an Error of its own.
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
