/** What the servers that Herald is compared to share: what they are started with, and how they check a token. */
import type { IncomingMessage } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [port = '', redisUrl = '', jwksUrl = ''] = process.argv.slice(3);

export const PORT = Number(port);
export const REDIS_URL = redisUrl;

const keys = createRemoteJWKSet(new URL(jwksUrl));

/** Rejects unless the request has a valid token. */
export async function verify({ headers }: IncomingMessage): Promise<void> {
  const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
  await jwtVerify(token, keys, { algorithms: ['RS256'] });
}
