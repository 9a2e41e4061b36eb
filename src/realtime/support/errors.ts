export interface FieldError {
  /** The path of the field in the body or query, such as `notification.title`. */
  field: string;
  message: string;
}

/** The input is invalid: answered with 400 and one entry for each field. */
export class InvalidInputError extends Error {
  override readonly name: string = 'InvalidInputError';

  constructor(readonly errors: readonly FieldError[]) {
    super(errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }

  /** The same about an item of a list, with the item's path, such as `events.3`, before each field. */
  under(path: string): InvalidInputError {
    return new InvalidInputError(this.errors.map(({ field, message }) => ({ field: `${path}.${field}`, message })));
  }
}

/**
 * Reads one item of a list.
 * @throws {InvalidInputError} with the item's path before each field
 */
export function readItem<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidInputError ? error.under(path) : error;
  }
}

/** The answer took too long, for an unknown reason: answered with 503. */
export class AnswerTimeoutError extends Error {
  override readonly name: string = 'AnswerTimeoutError';

  constructor(deadlineMs: number) {
    super(`No answer within ${deadlineMs / 1_000} s`);
  }
}

/** Something the answer depends on is down or too slow: answered with 503. */
export class UnavailableError extends Error {
  override readonly name: string = 'UnavailableError';

  constructor(
    /** Its name in `/health/ready`. */
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is not available`, options);
  }
}
