import { createHash } from 'node:crypto';

const LENGTH = 22;

/** Recognises a connection together with its user: a short word without blanks. */
export function echoKey(connectionId: string, userId: string): string {
  return createHash('sha256').update(`${connectionId} ${userId}`).digest('base64url').slice(0, LENGTH);
}
