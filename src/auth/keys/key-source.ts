/** The source asks to be left alone for a while. */
export class SourceBusyError extends Error {
  override readonly name = 'SourceBusyError';

  constructor(
    message: string,
    readonly retryAfterMs: number,
  ) {
    super(message);
  }
}

/** Where the keys that sign tokens are published. It is its own injection token. */
export abstract class KeySource {
  /**
   * All keys published right now, as JWKs that nobody has checked yet. MUST settle within a few seconds, whatever the other
   * side does; rejects if the keys can't be had, with a `SourceBusyError` if it was told when to come again.
   */
  abstract fetch(): Promise<readonly unknown[]>;
}
