import { ProblemError, problemOf } from './problem.js';
import type { Tokens } from './tokens.js';

const PATIENCE_MS = 20_000;

interface RequestOptions {
  signal?: AbortSignal;
  body?: object;
}

export interface Dated<T> {
  answer: T;
  /** The server's time, in milliseconds and whole seconds; NaN if the answer doesn't say it. */
  date: number;
}

/** The server's HTTP API with one user's token. Every failure is a `ProblemError`. */
export class Rest {
  /** @param server returns its address; called per request, because server rendering has no page to take it from */
  constructor(
    private readonly server: () => string,
    private readonly tokens: Tokens,
  ) {}

  /** @param path below `/api/v1` */
  get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.request<T>('GET', path, { signal });
  }

  async getDated<T>(path: string, signal: AbortSignal): Promise<Dated<T>> {
    const response = await this.exchange('GET', path, { signal });
    return { answer: (await answerOf(response)) as T, date: Date.parse(response.headers.get('date') ?? '') };
  }

  /** @returns the answer; the caller vouches for its type */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return (await answerOf(await this.exchange(method, path, options))) as T;
  }

  /** Replaces a refused token once, and retries. */
  private async exchange(method: string, path: string, { signal, body }: RequestOptions): Promise<Response> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const request: RequestInit = {
      method,
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      ...(body && { body: JSON.stringify(body) }),
    };
    const token = await this.token(() => this.tokens.get());
    let response = await this.send(path, request, token);
    if (response.status === 401) {
      const renewed = await this.token(() => this.tokens.renew(token));
      response = await this.send(path, request, renewed);
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  private async token(get: () => Promise<string>): Promise<string> {
    try {
      return await get();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ProblemError(0, 'Not signed in', `There is no access token: ${why}`, [], { cause });
    }
  }

  private async send(path: string, request: RequestInit, token: string): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, ...(request.body && { 'content-type': 'application/json' }) };
    return fetch(`${this.server()}/api/v1${path}`, { ...request, headers }).catch(noAnswer);
  }
}

async function answerOf(response: Response): Promise<unknown> {
  return response.status === 204 ? undefined : response.json().catch(noAnswer);
}

function noAnswer(cause: unknown): never {
  throw new ProblemError(0, 'No connection', 'The server can’t be reached. Check your network and try again.', [], {
    cause,
  });
}
