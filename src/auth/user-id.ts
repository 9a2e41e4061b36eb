const USER_ID = /^\P{Cc}{1,255}$/u;

/** No URL can name these: every parser takes them, also as `%2e`, for another path. `members/..` would be the organization. */
export const DOT_SEGMENTS: readonly string[] = ['.', '..'];

/** What the value must be, for messages. */
export const USER_ID_RULE = '1 to 255 characters without control characters, and not "." or ".."';

/**
 * Whether a text can be a user's id: 1 to 255 Unicode code points without control characters, but for `.` and `..`.
 *
 * Unpaired surrogates are refused: every encoder turns them all into the same replacement character, so two different
 * ids would meet in one channel.
 */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && USER_ID.test(value) && !DOT_SEGMENTS.includes(value);
}
