/** Where the keys that sign tokens are published. It is its own injection token. */
export abstract class KeySource {
  /**
   * All keys published right now, as JWKs that nobody has checked yet. MUST settle within a few seconds, whatever the other
   * side does; rejects if the keys can't be had.
   */
  abstract fetch(): Promise<readonly unknown[]>;
}
