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

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Reads what the server says of a request that has failed. A proxy may have answered instead, with a page of its own. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const { status, statusText } = response;
  const body: unknown = await response.json().catch(() => null);
  const { title, detail, errors } = (body ?? {}) as { title?: unknown; detail?: unknown; errors?: unknown };
  return new ProblemError(
    status,
    typeof title === 'string' ? title : statusText || `Error ${status}`,
    typeof detail === 'string' ? detail : `The server answered with ${status}; try again later.`,
    // The server's own documents say what is in it.
    Array.isArray(errors) ? (errors as FieldProblem[]) : [],
  );
}
