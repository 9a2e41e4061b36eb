import { ValidateBy, type ValidationOptions } from 'class-validator';
import { DOT_SEGMENTS, isUserId, USER_ID_RULE } from '../realtime/support/user-id.js';

/** The OpenAPI schema of a user id. */
export const USER_ID_SCHEMA = {
  type: 'string' as const,
  minLength: 1,
  maxLength: 255,
  not: { enum: [...DOT_SEGMENTS] },
};

/** Accepts a valid user id. */
export function IsUserId(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isUserId',
      validator: {
        validate: isUserId,
        defaultMessage: () => `$property must be a text of ${USER_ID_RULE}`,
      },
    },
    options,
  );
}
