import { createContext, use } from 'react';
import type { Session } from '../session/session.js';
import { problemOf } from './problem.js';
import type { Page } from './types.js';

const PREFIX = '/api/v1';
const PAGE_LIMIT = 100;
const MOST_PAGES = 10;
const PATIENCE_MS = 20_000;

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  body?: object;
  signal?: AbortSignal;
  /** Timeout in milliseconds, including the body; 20,000 by default. */
  patience?: number;
}

/** The pages of a list that were read. */
export interface List<T> {
  items: T[];
  /** The server has more items. */
  isCut: boolean;
}

/** The HTTP API, with the signed-in user's token. */
export class Api {
  constructor(private readonly session: Pick<Session, 'getToken'>) {}

  /** @throws {ApiProblem} if the server refuses */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const response = await this.fetch(`${PREFIX}${path}`, { signal });
    // The caller names the type that the contract gives the answer.
    return (await response.json()) as T;
  }

  /** @throws {ApiProblem} if the server refuses */
  async send<T = void>(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
    const response = await this.fetch(`${PREFIX}${path}`, { method, body });
    // As above; a 204 has no body.
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** All pages of a list, up to 1,000 items. */
  async list<T>(path: string, signal?: AbortSignal): Promise<List<T>> {
    const items: T[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({ limit: String(PAGE_LIMIT), ...(cursor !== null && { cursor }) });
      const separator = path.includes('?') ? '&' : '?';
      const answer: Page<T> = await this.get(`${path}${separator}${query}`, signal);
      items.push(...answer.items);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return { items, isCut: cursor !== null };
  }

  /**
   * Requests any path of this server, with the token.
   * @throws {ApiProblem} if the server refuses; a `TypeError` or a `TimeoutError` if there is no answer
   */
  async fetch(path: string, options: RequestOptions): Promise<Response> {
    const response = await this.attempt(path, options, await this.session.getToken({ reason: 'connect' }));
    if (response.status !== 401) return accepted(response);
    return accepted(await this.attempt(path, options, await this.session.getToken({ reason: 'refused' })));
  }

  private attempt(path: string, options: RequestOptions, token: string): Promise<Response> {
    const { method = 'GET', body, signal, patience = PATIENCE_MS } = options;
    const limit = AbortSignal.timeout(patience);
    return fetch(path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  }
}

async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await problemOf(response);
}

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = use(ApiContext);
  if (api === null) throw new Error('useApi must be used below the sign-in');
  return api;
}
