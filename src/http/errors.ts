export interface FieldError {
  /** The path of the field in the body or query, such as `notification.title`. */
  field: string;
  message: string;
}

/** What was given cannot be used: answered with 400 and one entry a field. */
export class InvalidInputError extends Error {
  override readonly name: string = 'InvalidInputError';

  constructor(readonly errors: readonly FieldError[]) {
    super(errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
}

/** The answer has taken too long, and nobody knows what it waits for: answered with 503. */
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
    /** Its name as `/health/ready` has it. */
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is not available`, options);
  }
}
