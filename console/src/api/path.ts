/**
 * Builds a path with each value encoded as one segment.
 * @throws {Error} for `.` and `..`, which URLs can't express as segments
 */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: texts }, ...values.map(segment));
}

function segment(value: string): string {
  if (value === '.' || value === '..') throw new Error(`“${value}” is not a valid id.`);
  return encodeURIComponent(value);
}
