/** Why the server closes a connection: the close code, and the fixed word sent as the reason. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/**
 * Every close that the server starts, as named on the wire, in metrics and in logs. Codes below 4000 are from RFC 6455
 * section 7.4.1 and its IANA registry.
 */
export const CLOSE = {
  /** The peer violated RFC 6455. */
  protocolError: { code: 1002, reason: 'protocol_error' },
  /** The peer was silent for two heartbeats. Dropped without a close frame, which it would not read. */
  silent: { code: 1006, reason: 'silent' },
  /** Text that is not UTF-8. */
  invalidUtf8: { code: 1007, reason: 'invalid_utf8' },
  /** A message in more fragments or packets than any honest client needs. */
  tooManyFragments: { code: 1008, reason: 'too_many_fragments' },
  /** A message over `WS_MAX_PAYLOAD_BYTES`. */
  messageTooBig: { code: 1009, reason: 'message_too_big' },
  /** The process is draining. */
  restarting: { code: 1012, reason: 'restarting' },
  /** Something needed to admit the connection is down or too slow. */
  unavailable: { code: 1013, reason: 'unavailable' },
  /** The connection's position in its stream was lost. */
  streamLost: { code: 1013, reason: 'stream_lost' },
  /** The request had no credential. */
  tokenMissing: { code: 4001, reason: 'token_missing' },
  /** The credential is invalid, malformed, or was sent more than once. */
  tokenInvalid: { code: 4001, reason: 'token_invalid' },
  /** The token has expired: before the handshake, or while connected. */
  tokenExpired: { code: 4001, reason: 'token_expired' },
  /** The ticket was never issued, was already used, or has expired. */
  ticketInvalid: { code: 4001, reason: 'ticket_invalid' },
  /** Disconnected by an administrator or the backend. */
  disconnected: { code: 4001, reason: 'disconnected' },
  /** The organization's id is malformed or unknown, or the user is not a member: deliberately the same answer. */
  notAMember: { code: 4003, reason: 'not_a_member' },
  /** Refused by a guard of the application. */
  forbidden: { code: 4003, reason: 'forbidden' },
  /** The peer reads slower than its channel publishes. */
  tooSlow: { code: 4008, reason: 'too_slow' },
  /** A whole burst of consecutive frames was dropped. */
  tooManyMessages: { code: 4029, reason: 'too_many_messages' },
  /** The user has reached the limit of connections to this node. */
  tooManyConnections: { code: 4029, reason: 'too_many_connections' },
} as const satisfies Record<string, Close>;

/** Closes of clients that have exceeded a limit. */
export const LIMIT_CLOSES: ReadonlySet<Close> = new Set([
  CLOSE.tooManyFragments,
  CLOSE.messageTooBig,
  CLOSE.tooSlow,
  CLOSE.tooManyMessages,
  CLOSE.tooManyConnections,
]);

/** Errors of `ws` that mean a close code other than 1002. */
const VIOLATIONS: ReadonlyMap<unknown, Close> = new Map<unknown, Close>([
  ['WS_ERR_INVALID_UTF8', CLOSE.invalidUtf8],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', CLOSE.tooManyFragments],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', CLOSE.messageTooBig],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', CLOSE.messageTooBig],
]);

/** How `ws` closed a connection with this error; null: it did not, the connection broke. */
export function closeForViolation(error: Error): Close | null {
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !code.startsWith('WS_ERR_')) return null;
  return VIOLATIONS.get(code) ?? CLOSE.protocolError;
}

/** Thrown by guards and gateways: the connection is closed with this code after the handshake. */
export class ConnectionRefusedError extends Error {
  override readonly name = 'ConnectionRefusedError';

  constructor(readonly close: Close) {
    super(close.reason);
  }
}
