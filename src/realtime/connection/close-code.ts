/** Why the server ends a connection: the code and the fixed word that stands beside it on the wire. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/**
 * Every close the server itself starts, as the wire, metrics and logs name it. Codes below 4000 are from RFC 6455 section 7.4.1
 * and its IANA registry.
 */
export const CLOSE = {
  /** The peer breaks RFC 6455. */
  protocolError: { code: 1002, reason: 'protocol_error' },
  /** The peer has not answered pings for two heartbeats: dropped without a close frame, which nobody would read. */
  silent: { code: 1006, reason: 'silent' },
  /** Text that is not UTF-8. */
  invalidUtf8: { code: 1007, reason: 'invalid_utf8' },
  /** A message in more fragments, or packets, than anybody needs. */
  tooManyFragments: { code: 1008, reason: 'too_many_fragments' },
  /** A message over `WS_MAX_PAYLOAD_BYTES`. */
  messageTooBig: { code: 1009, reason: 'message_too_big' },
  /** The process drains. */
  restarting: { code: 1012, reason: 'restarting' },
  /** Something needed to admit the connection is down or too slow. */
  unavailable: { code: 1013, reason: 'unavailable' },
  /** The connection's place in its stream was lost. */
  streamLost: { code: 1013, reason: 'stream_lost' },
  /** No credential came with the request. */
  tokenMissing: { code: 4001, reason: 'token_missing' },
  /** A credential came and does not verify, is malformed, or came more than once. */
  tokenInvalid: { code: 4001, reason: 'token_invalid' },
  /** The token's time is over: at the door, or while connected. */
  tokenExpired: { code: 4001, reason: 'token_expired' },
  /** A ticket that was never given out, was used already, or is older than its life. */
  ticketInvalid: { code: 4001, reason: 'ticket_invalid' },
  /** An administrator, or the backend, has ended it. */
  disconnected: { code: 4001, reason: 'disconnected' },
  /** The organization is malformed, unknown or not the user's: nobody can tell which. */
  notAMember: { code: 4003, reason: 'not_a_member' },
  /** A guard of the application said no. */
  forbidden: { code: 4003, reason: 'forbidden' },
  /** The peer reads slower than its channel writes. */
  tooSlow: { code: 4008, reason: 'too_slow' },
  /** As many frames in a row as the burst allows were dropped. */
  tooManyMessages: { code: 4029, reason: 'too_many_messages' },
  /** The user has as many connections to this node as one may. */
  tooManyConnections: { code: 4029, reason: 'too_many_connections' },
} as const satisfies Record<string, Close>;

/** Those that end who has met a limit. */
export const LIMIT_CLOSES: ReadonlySet<Close> = new Set([
  CLOSE.tooManyFragments,
  CLOSE.messageTooBig,
  CLOSE.tooSlow,
  CLOSE.tooManyMessages,
  CLOSE.tooManyConnections,
]);

/** The errors of `ws` that mean another code than 1002. */
const VIOLATIONS: ReadonlyMap<unknown, Close> = new Map<unknown, Close>([
  ['WS_ERR_INVALID_UTF8', CLOSE.invalidUtf8],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', CLOSE.tooManyFragments],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', CLOSE.messageTooBig],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', CLOSE.messageTooBig],
]);

/** How `ws` has closed a connection with this error; null: it did not, the peer has broken the connection. */
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
