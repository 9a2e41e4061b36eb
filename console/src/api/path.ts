/**
 * A path with these values as segments of their own, whatever characters they have.
 * @throws {Error} for `.` and `..`, which make it another path: URLs know no way to write them
 */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: texts }, ...values.map(segment));
}

function segment(value: string): string {
  if (value === '.' || value === '..') throw new Error(`“${value}” is not a valid id.`);
  return encodeURIComponent(value);
}
