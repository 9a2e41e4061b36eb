const MAX_DEPTH = 64;

/** A value in a request that can't be processed, and its path. */
export interface UnusableValue {
  path: string;
  message: string;
}

/**
 * Finds values that must not be processed further: the character U+0000, which Postgres can't store; unpaired surrogates, which
 * encoders don't preserve and whose escapes many JSON parsers refuse; and nesting so deep that recursive code would overflow the
 * stack.
 */
export function findUnusableValue(value: unknown, path: string[] = []): UnusableValue | null {
  const found = (message: string): UnusableValue => ({ path: path.join('.'), message });
  if (typeof value === 'string') {
    const flaw = flawOf(value);
    return flaw === null ? null : found(`must not contain ${flaw}`);
  }
  if (typeof value !== 'object' || value === null) return null;
  if (path.length >= MAX_DEPTH) return found(`must not be nested deeper than ${MAX_DEPTH} levels`);
  for (const [key, item] of Object.entries(value)) {
    const flaw = flawOf(key);
    if (flaw !== null) return { path: path.join('.') || 'body', message: `must not name a field with ${flaw}` };
    path.push(key);
    const unusable = findUnusableValue(item, path);
    if (unusable !== null) return unusable;
    path.pop();
  }
  return null;
}

function flawOf(text: string): string | null {
  if (text.includes('\0')) return 'the character U+0000';
  return text.isWellFormed() ? null : 'an unpaired surrogate';
}
