import type { Herald } from './herald.js';
import { connect, type ConnectOptions } from './ws-client.js';

/** A node's answer to a credential: the user it authenticated, or why it closed. */
export type Verdict = { user: string } | { code: number; reason: string };

export const TOKEN_MISSING = { code: 4001, reason: 'token_missing' };
export const TOKEN_INVALID = { code: 4001, reason: 'token_invalid' };
export const TOKEN_EXPIRED = { code: 4001, reason: 'token_expired' };
export const UNAVAILABLE = { code: 1013, reason: 'unavailable' };

/** Connects, records the verdict, and disconnects. */
export async function knock(node: Herald, pathAndQuery: string, options: ConnectOptions = {}): Promise<Verdict> {
  const client = await connect(`${node.wsUrl}${pathAndQuery}`, options);
  const welcome = await client.next().catch(() => null);
  if (welcome === null) return client.closed();
  await client.close();
  return { user: String(welcome.user_id) };
}

/** A node's verdicts on a token, over WebSocket and over HTTP. */
export async function tryToken(node: Herald, token: string): Promise<{ socket: Verdict; http: number }> {
  const [socket, response] = await Promise.all([
    knock(node, `/ws/notifications/?token=${encodeURIComponent(token)}`),
    fetch(`${node.url}/api/v1/notifications`, { headers: { authorization: `Bearer ${token}` } }),
  ]);
  await response.body?.cancel();
  return { socket, http: response.status };
}

export const REFUSED = { socket: TOKEN_INVALID, http: 401 };
export const EXPIRED = { socket: TOKEN_EXPIRED, http: 401 };
export const CANNOT_TELL = { socket: UNAVAILABLE, http: 503 };
export const accepted = (user: string) => ({ socket: { user }, http: 200 });
