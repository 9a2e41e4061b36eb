const USER_ID = /^\P{Cc}{1,255}$/u;

/**
 * Whether a text can be a user's id: 1 to 255 Unicode code points without control characters.
 *
 * Unpaired surrogates are refused: every encoder turns them all into the same replacement character, so two different
 * ids would meet in one channel.
 */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && USER_ID.test(value);
}
