import { type FieldError, InvalidInputError } from '../support/errors.js';

/** A broadcast was called with invalid arguments. Nothing was sent. */
export class InvalidBroadcastError extends InvalidInputError {
  override readonly name = 'InvalidBroadcastError';

  /**
   * @param field the path of the invalid field, such as `notification.title`
   * @param more further invalid fields
   */
  constructor(field: string, message: string, more: readonly FieldError[] = []) {
    super([{ field, message }, ...more]);
  }
}

/**
 * Reads one item of a list.
 * @param path its path, such as `events.3`
 * @throws {InvalidBroadcastError} with that path before each field
 */
export function readItem<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidBroadcastError)) throw error;
    const [first, ...more] = error.errors.map(({ field, message }) => ({ field: `${path}.${field}`, message }));
    throw first === undefined ? error : new InvalidBroadcastError(first.field, first.message, more);
  }
}
