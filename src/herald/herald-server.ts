import type { Options } from './command-line.js';

/** The server that the tool talks to, with the tool's token. */
export class HeraldServer {
  /** The origin of the pages that the server itself serves. */
  readonly origin: string;
  /** Includes the path at which a proxy serves it, without a trailing slash. */
  readonly address: string;

  constructor(
    private readonly options: Pick<Options, 'url' | 'token' | 'as'>,
    fallbackUrl = 'http://localhost:8000',
  ) {
    const { origin, pathname } = new URL(options.url ?? fallbackUrl);
    this.origin = origin;
    this.address = `${origin}${pathname}`.replace(/\/+$/, '');
  }

  at(path: string): URL {
    return new URL(`${this.address}/${path.replace(/^\/+/, '')}`);
  }

  webSocketAt(path: string): URL {
    return new URL(this.at(path).href.replace(/^http/, 'ws'));
  }

  /** The given token, or one from the development issuer. */
  async token(roles: readonly string[] = []): Promise<string> {
    return this.options.token ?? this.developmentToken(this.options.as, roles);
  }

  async developmentToken(userId: string, roles: readonly string[], email?: string): Promise<string> {
    const body = { user_id: userId, roles, ...(email === undefined ? {} : { email }) };
    const answer = await this.request('POST', '/dev/token', body);
    return (answer as { access_token: string }).access_token;
  }

  /**
   * Calls the API with the rights of an administrator.
   * @param body a string is sent as it is, as JSON
   */
  async call(method: 'GET' | 'POST', path: string, body?: object | string): Promise<unknown> {
    return this.request(method, path, body, { Authorization: `Bearer ${await this.token(['realtime-admin'])}` });
  }

  private async request(method: string, path: string, body?: object | string, headers: Record<string, string> = {}) {
    const response = await fetch(this.at(path), {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
}
