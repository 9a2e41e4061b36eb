import type { Principal } from '../connection/principal.js';
import type { ChannelKind } from '../broker/channel.js';
import type { Admission } from '../connection/admission.js';
import type { Credential } from './credentials.js';

/**
 * A connection waiting for admission, as guards and gateways see it: `context.switchToWs().getClient<Handshake>()`.
 */
export class Handshake {
  private verified: Principal | null = null;

  /**
   * When the user's membership began, by the database's clock. The client receives no older messages, and earlier
   * revocations don't apply to it. Set by the guard that checks membership; null: no restriction.
   */
  memberSince: Date | null = null;

  /** Called with the user's id once it is known, before any other guard runs. Throws to refuse the connection. */
  onAuthenticated: (userId: string) => void = () => undefined;

  constructor(
    /** The values of the path parameters, not decoded. */
    readonly params: Readonly<Record<string, string>>,
    readonly query: URLSearchParams,
    /** Null if the client sent none. */
    readonly credential: Credential | null,
    readonly remoteAddress: string,
    /** Where the client resumes; empty if it doesn't. More than one is a mistake of the client. */
    readonly cursors: readonly string[] = query.getAll('cursor'),
  ) {}

  /** @throws {Error} if no guard has set it yet: `WsJwtGuard` must come first in `@UseGuards` */
  get principal(): Principal {
    if (this.verified === null) throw new Error('No principal yet: put WsJwtGuard first in @UseGuards of the gateway');
    return this.verified;
  }

  /** Null until a guard has authenticated the client. */
  get knownPrincipal(): Principal | null {
    return this.verified;
  }

  /** @throws {ConnectionRefusedError} if this user has too many connections */
  authenticate(principal: Principal): void {
    this.verified = principal;
    this.onAuthenticated(principal.userId);
  }
}

/** A gateway of the engine: `@UseGuards(…) @WebSocketGateway({ path }) class … implements RealtimeGateway`. */
export interface RealtimeGateway {
  /** The kinds of channels that it admits to, whose events the AsyncAPI document then describes. */
  readonly kinds?: readonly Pick<ChannelKind, 'kind'>[];

  /**
   * Called after the gateway's guards have passed.
   * @throws {ConnectionRefusedError} to refuse the connection
   */
  admit(handshake: Handshake): Admission | Promise<Admission>;
}
