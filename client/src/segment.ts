/**
 * Encodes an id as one path segment.
 * @throws {RangeError} for `.` and `..`, which URL parsers resolve to another path
 */
export function segment(id: string): string {
  if (/^\.\.?$/.test(id)) throw new RangeError(`"${id}" is not a valid id`);
  return encodeURIComponent(id);
}
