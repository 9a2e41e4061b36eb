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

/** Nobody can tell whether the token is good: the keys that could verify it are out of reach. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';

  constructor(options?: ErrorOptions) {
    super('The keys that verify tokens are not available', options);
  }
}
