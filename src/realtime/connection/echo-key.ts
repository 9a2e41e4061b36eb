import { createHash } from 'node:crypto';

const LENGTH = 22;

/** Identifies a connection together with its user: a short word without spaces. */
export function echoKey(connectionId: string, userId: string): string {
  return createHash('sha256').update(`${connectionId} ${userId}`).digest('base64url').slice(0, LENGTH);
}
