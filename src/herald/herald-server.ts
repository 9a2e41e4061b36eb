import type { Options } from './command-line.js';

/** The server that the tool speaks to, and as whom. */
export class HeraldServer {
  readonly url: URL;

  constructor(
    private readonly options: Pick<Options, 'url' | 'token' | 'as'>,
    fallbackUrl = 'http://localhost:8000',
  ) {
    this.url = new URL(options.url ?? fallbackUrl);
  }

  get webSocketUrl(): URL {
    return new URL(this.url.href.replace(/^http/, 'ws'));
  }

  /** The token that was given, or one of the development issuer. */
  async token(roles: readonly string[] = []): Promise<string> {
    return this.options.token ?? this.developmentToken(this.options.as, roles);
  }

  async developmentToken(userId: string, roles: readonly string[], email?: string): Promise<string> {
    const body = { user_id: userId, roles, ...(email === undefined ? {} : { email }) };
    const answer = await this.request('POST', '/dev/token', body);
    return (answer as { access_token: string }).access_token;
  }

  /** Calls the API with the rights of an administrator. */
  async call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    return this.request(method, path, body, { Authorization: `Bearer ${await this.token(['realtime-admin'])}` });
  }

  private async request(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
}
