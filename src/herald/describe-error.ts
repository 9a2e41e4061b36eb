/** The messages of an error and its causes. Some of Node's connection errors have a code but no message. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : error.name;
  const message = error.message || code;
  return error.cause instanceof Error ? `${message}: ${describeError(error.cause)}` : message;
}
