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
