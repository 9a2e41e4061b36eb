/** A request field that the server refused. */
export interface FieldProblem {
  field: string;
  message: string;
}

/**
 * Why a request failed, worded for users: `title` is short, `detail` (also `message`) a sentence. If the server answered, these are
 * its problem details (RFC 9457).
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  /** @param status the HTTP status; 0 if there was no answer */
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

/** Reads the problem details of a failed request. A proxy may have answered with a page of its own instead. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const { status, statusText } = response;
  const body: unknown = await response.json().catch(() => null);
  const { title, detail, errors } = (body ?? {}) as { title?: unknown; detail?: unknown; errors?: unknown };
  return new ProblemError(
    status,
    typeof title === 'string' ? title : statusText || `Error ${status}`,
    typeof detail === 'string' ? detail : `The server answered with ${status}; try again later.`,
    // The cast trusts the server's API documents.
    Array.isArray(errors) ? (errors as FieldProblem[]) : [],
  );
}
