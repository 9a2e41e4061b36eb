export interface FieldError {
  field: string;
  message: string;
}

/** The problem details of a refused request (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    /** Seconds to wait, if the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }
}

/** Reads the answer to a refused request. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : null;
  if (typeof body !== 'object' || body === null || !('detail' in body) || typeof body.detail !== 'string') {
    // The answer came from a proxy, not from the API.
    return new ApiProblem(response.status, `The server answered ${response.status}.`, [], retryAfter);
  }
  const errors = 'errors' in body && Array.isArray(body.errors) ? body.errors.filter(isFieldError) : [];
  return new ApiProblem(response.status, body.detail, errors, retryAfter);
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === 'object' && value !== null && 'field' in value && 'message' in value;
}

const UNREACHABLE = 'The server can’t be reached. Check your connection and try again.';

/** What went wrong and what to do about it, worded for users. */
export function describeProblem(error: Error): string {
  if (isUnanswered(error)) return UNREACHABLE;
  if (!isProblem(error)) return error.message;
  const { status, detail } = error;
  // The client's hooks use 0 when there was no answer or no request.
  if (status === 0) return isUnanswered(error.cause) ? UNREACHABLE : detail;
  if (status === 401) return 'Your session has ended. Sign out and sign in again.';
  if (status === 429) return `Too many requests. Try again ${waitOf(error)}.`;
  if (status === 400 && error.errors.length > 0) return error.errors.map(({ message }) => sentence(message)).join(' ');
  if (status === 500) return `${detail} Try again; if it keeps happening, check the server log.`;
  if (status === 502 || status === 504) return `${detail} Try again in a moment.`;
  return detail;
}

/** Whether fetch got no answer, or none in time. */
function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}

/** The server's message for a form field, if any. */
export function fieldError(error: Error | null, field: string): string | undefined {
  if (error === null || !isProblem(error)) return undefined;
  const found = error.errors.find((each) => each.field === field);
  return found === undefined ? undefined : sentence(found.message);
}

/** The error, unless one of the form's fields shows it. */
export function formError(error: Error | null, fields: readonly string[]): Error | null {
  const isShown = fields.some((field) => fieldError(error, field) !== undefined);
  return isShown ? null : error;
}

/** The client's `ProblemError` has the same fields, but is another class. */
function isProblem(error: Error): error is Error & Pick<ApiProblem, 'status' | 'detail' | 'errors' | 'retryAfter'> {
  return 'status' in error && 'detail' in error && 'errors' in error;
}

function waitOf({ retryAfter }: Pick<ApiProblem, 'retryAfter'>): string {
  return typeof retryAfter === 'number' ? `in ${retryAfter} s` : 'in a minute';
}

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
