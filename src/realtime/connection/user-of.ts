/** Who is no user: user ids are never empty. */
const NOBODY = '';

/**
 * Whom an eviction or a presence frame is about; null: an eviction of everybody. The engine itself has written the payload;
 * one that another program has slipped into our channel is about nobody.
 */
export function userOf(payload: Buffer): string | null {
  try {
    const { user_id: userId } = JSON.parse(payload.toString()) as { user_id?: unknown };
    return userId === null || typeof userId === 'string' ? userId : NOBODY;
  } catch {
    return NOBODY;
  }
}
