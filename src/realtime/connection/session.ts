import { CLOSE, type Close, ConnectionRefusedError } from './close-code.js';
import type { Principal } from './principal.js';
import { authenticate, type TokenVerifier } from './token-verifier.js';

/** How long a connection outlives its token's `exp`: the same clock skew as allowed when connecting. */
export const EXPIRY_SKEW_MS = 5_000;
/** How many `auth` tokens of a client may be in verification at once. An honest client sends one every few minutes. */
const MAX_RENEWALS = 16;

/** The user of a connection, by its token, which the client can renew. */
export class Session {
  private current: Principal;
  private renewals = 0;
  private isOver = false;

  /** @param end closes the connection */
  constructor(
    principal: Principal,
    private readonly verifier: TokenVerifier,
    private readonly end: (close: Close) => void,
  ) {
    this.current = principal;
  }

  get principal(): Principal {
    return this.current;
  }

  /**
   * Extends the session to the expiry of a new token of the same user. Never rejects.
   * @returns the token's principal; null if the connection was closed instead, or before
   */
  async renew(token: string): Promise<Principal | null> {
    if (this.renewals >= MAX_RENEWALS) {
      this.end(CLOSE.tooManyMessages);
      return null;
    }
    this.renewals += 1;
    try {
      const principal = await authenticate(this.verifier, token);
      if (this.isOver) return null;
      if (principal.userId !== this.current.userId) {
        this.end(CLOSE.tokenInvalid);
        return null;
      }
      this.current = principal;
      return principal;
    } catch (error) {
      this.end(error instanceof ConnectionRefusedError ? error.close : CLOSE.unavailable);
      return null;
    } finally {
      this.renewals -= 1;
    }
  }

  /** @param time milliseconds since the Unix epoch */
  hasExpired(time: number): boolean {
    return time >= this.current.expiresAt.getTime() + EXPIRY_SKEW_MS;
  }

  /** Called when the connection has ended. */
  stop(): void {
    this.isOver = true;
  }
}
