/** The source asked to be retried later. */
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
   * All keys published right now, as unchecked JWKs. MUST settle within a few seconds, whatever the other side does. Rejects if the
   * keys can't be fetched, with a `SourceBusyError` if the source said when to retry.
   */
  abstract fetch(): Promise<readonly unknown[]>;
}
