const USER_ID = /^\P{Cc}{1,255}$/u;

/** No URL can contain these as ids: parsers resolve them, also as `%2e`. `members/..` would be the organization. */
export const DOT_SEGMENTS: readonly string[] = ['.', '..'];

/** For error messages. */
export const USER_ID_RULE = '1 to 255 characters without control characters, and not "." or ".."';

/**
 * Whether a text can be a user id: 1 to 255 Unicode code points without control characters, except `.` and `..`.
 *
 * Refuses unpaired surrogates: encoders turn all of them into the same replacement character, so two different ids would share one
 * channel.
 */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && USER_ID.test(value) && !DOT_SEGMENTS.includes(value);
}
