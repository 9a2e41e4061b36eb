/**
 * Checks what the application's `getToken` returned.
 * @throws {TypeError} if it can't be a token: the server would refuse it without being able to say why
 */
export function asToken(given: unknown): string {
  if (given && typeof given === 'string') return given;
  // The value is left out: it may contain a token.
  throw new TypeError(`getToken returned "${String(given && typeof given)}", takes a token`);
}
