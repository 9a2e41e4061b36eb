import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isUserId } from './user-id.js';

/** Takes what can be a user's id: 1 to 255 characters of any kind but control characters. */
export function IsUserId(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isUserId',
      validator: {
        validate: isUserId,
        defaultMessage: () => '$property must be a text of 1 to 255 characters without control characters',
      },
    },
    options,
  );
}
