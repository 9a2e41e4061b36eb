/** Who is no user: user ids are never empty. */
const NOBODY = '';

/**
 * Whose connections an eviction ends; null: everybody's. The payload was written by `BroadcastService.evictFromOrg`; one that
 * another program has slipped into our channel ends nobody's.
 */
export function evictedUser(payload: Buffer): string | null {
  try {
    const { user_id: userId } = JSON.parse(payload.toString()) as { user_id?: unknown };
    return userId === null || typeof userId === 'string' ? userId : NOBODY;
  } catch {
    return NOBODY;
  }
}
