/**
 * An id as a segment of a path.
 * @throws {RangeError} for `.` and `..`, which every parser of URLs takes for another path
 */
export function segment(id: string): string {
  if (/^\.\.?$/.test(id)) throw new RangeError(`${id} is no id`);
  return encodeURIComponent(id);
}
