/** Includes the cause, which the message hides. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return String(error);
  return `${String(error)}: ${error.cause.message}`;
}
