/** Why the server ends a connection: the code and the fixed word that stands beside it on the wire. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** Every close the server itself starts. Codes below 4000 are from RFC 6455 section 7.4.1 and its IANA registry. */
export const CLOSE = {
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

/** Thrown by guards and gateways: the connection is closed with this code after the handshake. */
export class ConnectionRefusedError extends Error {
  override readonly name = 'ConnectionRefusedError';

  constructor(readonly close: Close) {
    super(close.reason);
  }
}
