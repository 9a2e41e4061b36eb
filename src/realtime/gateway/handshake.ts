import type { Principal } from '../../auth/principal.js';
import type { Admission } from '../connection/admission.js';
import type { Credential } from './credentials.js';

/**
 * A connection that asks to be admitted, as guards and gateways see it: `context.switchToWs().getClient<Handshake>()`.
 */
export class Handshake {
  private verified: Principal | null = null;

  /**
   * Since when the user may be here, by the database's clock: nothing older is for this user, and no earlier revocation. Set by the guard
   * that knows; null: everything is for the user.
   */
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

/** A gateway of the engine: `@UseGuards(…) @WebSocketGateway({ path }) class … implements RealtimeGateway`. */
export interface RealtimeGateway {
  /**
   * Called after the guards of the gateway have let the handshake in.
   * @throws {ConnectionRefusedError} to refuse it after all
   */
  admit(handshake: Handshake): Admission | Promise<Admission>;
}
