/** A field of a request that the server did not take. */
export interface FieldProblem {
  field: string;
  message: string;
}

/**
 * Why a request has failed, in words for people: `title` is short, `detail` (also `message`) a sentence. From the server these are
 * its problem details (RFC 9457).
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  /** @param status of HTTP; 0 if no answer came */
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly FieldProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
