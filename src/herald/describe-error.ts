/** What an error and its causes say. Node gives some failures to connect an empty message, and a code only. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : error.name;
  const message = error.message || code;
  return error.cause instanceof Error ? `${message}: ${describeError(error.cause)}` : message;
}
