/**
 * Checks what an application returned as its token.
 * @throws {TypeError} if it can't be one: the server would refuse it without being able to say why
 */
export function asToken(given: unknown): string {
  if (given && typeof given === 'string') return given;
  // Not the value itself, which may contain a token.
  throw new TypeError(`getToken returned "${String(given && typeof given)}" instead of a token`);
}
