import { type FieldError, InvalidInputError } from '../../http/errors.js';

/** A broadcast was called with something that can't be sent. Nothing was sent. */
export class InvalidBroadcastError extends InvalidInputError {
  override readonly name = 'InvalidBroadcastError';

  /**
   * @param field the path of what is wrong, such as `notification.title`
   * @param more what else is wrong
   */
  constructor(field: string, message: string, more: readonly FieldError[] = []) {
    super([{ field, message }, ...more]);
  }
}
