import { aborted } from '../in-time.js';
import type { ClientOptions, TokenReason, TokenRequest } from '../options.js';
import { asToken } from '../token.js';

type GetToken = ClientOptions['getToken'];

const PATIENCE_MS = 20_000;

/** The user's access token, shared by all requests. Asked for when there is none or it was refused. */
export class Tokens {
  /** The latest request for a token; `token` is set once it has arrived. */
  private latest: { promise: Promise<string>; signal: AbortSignal; token?: string } | null = null;

  /** @param getToken returns the application's current function */
  constructor(
    private readonly userId: string,
    private readonly getToken: () => GetToken,
  ) {}

  /** Asks the application, for connections. */
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

  /** The current token, or a new one if there is none. */
  async get(): Promise<string> {
    const { latest } = this;
    if (latest === null) return this.askForAll('connect');
    try {
      return await latest.promise;
    } catch (error) {
      // The connection that asked for it gave up, which does not concern this request.
      if (latest.signal.aborted) return this.get();
      throw error;
    }
  }

  /** Replaces a refused token. The application is asked once, however many requests it was refused for. */
  renew(refused: string): Promise<string> {
    return this.latest?.token === refused ? this.askForAll('refused') : this.get();
  }

  /** Requests share the token, so no single request may abort asking for it. */
  private askForAll(reason: TokenReason): Promise<string> {
    return this.ask({ reason, signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  private async fetch(request: TokenRequest): Promise<string> {
    // An application that ignores the signal must not keep the others waiting.
    const token = asToken(await Promise.race([this.getToken()(request), aborted(request.signal)]));
    const owner = subjectOf(token);
    // Tabs may share the application's token store, and another user may have signed in in another tab.
    if (owner !== null && owner !== this.userId) {
      throw new Error(
        `getToken must return a token of ${this.userId}, the userId of HeraldProvider; it returned one of ${owner}`,
      );
    }
    return token;
  }
}

/** The token's `sub`; null if it can't be read, which is left to the server to judge. */
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
