import { aborted } from '../in-time.js';
import type { ClientOptions, TokenReason, TokenRequest } from '../options.js';
import { asToken } from '../token.js';

type GetToken = ClientOptions['getToken'];

/** Nobody waits longer for a token. */
const PATIENCE_MS = 20_000;

/** The user's access token, asked for when there is none or it was refused, and shared by all requests. */
export class Tokens {
  /** The latest that was asked for. `token` is there once it has come. */
  private latest: { promise: Promise<string>; signal: AbortSignal; token?: string } | null = null;

  /** @param getToken the application's, of this moment */
  constructor(
    private readonly userId: string,
    private readonly getToken: () => GetToken,
  ) {}

  /** Always a new one, for connections. */
  readonly ask = (request: TokenRequest): Promise<string> => {
    const asked: NonNullable<typeof this.latest> = { promise: this.fetch(request), signal: request.signal };
    this.latest = asked;
    asked.promise.then(
      (token) => (asked.token = token),
      () => {
        if (this.latest === asked) this.latest = null;
      },
    );
    return asked.promise;
  };

  /** The one at hand, if there is one. */
  async get(): Promise<string> {
    const { latest } = this;
    if (latest === null) return this.askForAll('connect');
    try {
      return await latest.promise;
    } catch (error) {
      // The connection that it was for needs it no more, which says nothing about this request.
      if (latest.signal.aborted) return this.get();
      throw error;
    }
  }

  /** Another one than that which was refused. However many requests were refused with it, the application is asked once. */
  renew(refused: string): Promise<string> {
    return this.latest?.token === refused ? this.askForAll('refused') : this.get();
  }

  /** Requests share a token, so that none of them may abort it. */
  private askForAll(reason: TokenReason): Promise<string> {
    return this.ask({ reason, signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  private async fetch(request: TokenRequest): Promise<string> {
    // An application that does not hear of the end must not keep everybody waiting.
    const token = asToken(await Promise.race([this.getToken()(request), aborted(request.signal)]));
    const owner = subjectOf(token);
    // The application's store may be that of all tabs, in another of which somebody else has signed in.
    if (owner !== null && owner !== this.userId) {
      throw new Error(
        `getToken is to give a token of ${this.userId}, as the userId of HeraldProvider is; it gave one of ${owner}`,
      );
    }
    return token;
  }
}

/** Whose token it is; null if it can't be read, which is for the server to judge. */
function subjectOf(token: string): string | null {
  try {
    const [, payload = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown };
    return typeof sub === 'string' ? sub : null;
  } catch {
    return null;
  }
}
