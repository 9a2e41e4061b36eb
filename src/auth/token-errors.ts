/** The token doesn't verify. The message says why, for logs; clients get the `reason` only. */
export class TokenRejectedError extends Error {
  override readonly name = 'TokenRejectedError';

  constructor(
    readonly reason: 'token_invalid' | 'token_expired',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The token can't be checked, because the keys that could verify it can't be fetched. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';

  constructor(options?: ErrorOptions) {
    super('The keys that verify tokens are not available', options);
  }
}
