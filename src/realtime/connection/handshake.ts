import type { Principal } from '../../auth/principal.js';
import type { Channel } from '../broker/channel.js';
import type { JsonObject } from '../broadcast/json.js';
import type { Credential } from './credentials.js';

/**
 * A connection that asks to be admitted, as guards and gateways see it: `context.switchToWs().getClient<Handshake>()`.
 */
export class Handshake {
  private verified: Principal | null = null;

  /** Nothing that was published before is for this user. Set by the guard that knows; null: everything is. */
  memberSince: Date | null = null;

  /** Called with the user's id as soon as it is known; throws to refuse the connection before any other guard runs. */
  onAuthenticated: (userId: string) => void = () => undefined;

  constructor(
    /** The values of the path's parameters, not decoded. */
    readonly params: Readonly<Record<string, string>>,
    readonly query: URLSearchParams,
    /** What the client shows to prove who it is; null if nothing. */
    readonly credential: Credential | null,
    readonly remoteAddress: string,
  ) {}

  /** @throws {Error} if no guard has set it: `WsJwtGuard` must come first in `@UseGuards` */
  get principal(): Principal {
    if (this.verified === null) throw new Error('No principal yet: put WsJwtGuard first in @UseGuards of the gateway');
    return this.verified;
  }

  /** Null until a guard has found out who it is. */
  get knownPrincipal(): Principal | null {
    return this.verified;
  }

  /** @throws {ConnectionRefusedError} if this user has too many connections */
  authenticate(principal: Principal): void {
    this.verified = principal;
    this.onAuthenticated(principal.userId);
  }
}

/** What a gateway gives a client that its guards let in. */
export interface Admission {
  channel: Channel;
  endpoint: 'notifications' | 'events';
  /** Whether the client wants to be told who joins and leaves the organization. */
  watchesPresence?: boolean;
  /** The gateway's own fields of `connection.established`. */
  welcome: JsonObject;
}

/** Whom a gateway has let in, and to what. */
export interface Admitted {
  readonly principal: Principal;
  readonly admission: Admission;
}

/** A gateway of the engine: `@UseGuards(…) @WebSocketGateway({ path }) class … implements RealtimeGateway`. */
export interface RealtimeGateway {
  /**
   * Called after the guards of the gateway have let the handshake in.
   * @throws {ConnectionRefusedError} to refuse it after all
   */
  admit(handshake: Handshake): Admission | Promise<Admission>;

  /**
   * Which of these it would not admit any more; they are closed with 4003. A gateway whose guards ask for more than a token
   * has this. Asked of a connection right after it has joined its channel, because what ended the permission in between was
   * told to a channel that it was not in yet; and from time to time of all of them, up to a thousand at once (so it takes one
   * query, not one for each), because what ends a permission may be told in vain. If it throws, they stay.
   */
  lapsed?(admitted: readonly Admitted[]): Promise<readonly Admitted[]>;
}
