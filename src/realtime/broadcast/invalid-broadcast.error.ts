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

  override under(path: string): InvalidBroadcastError {
    const [first, ...more] = super.under(path).errors;
    return first === undefined ? this : new InvalidBroadcastError(first.field, first.message, more);
  }
}
