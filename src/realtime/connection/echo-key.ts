import { createHash } from 'node:crypto';

const LENGTH = 22;

/** Identifies a connection together with its user, whose hash follows its id: a short word without spaces. */
export function echoKey(connectionId: string, userId: string): string {
  return `${connectionId}.${createHash('sha256').update(userId).digest('base64url').slice(0, LENGTH)}`;
}
