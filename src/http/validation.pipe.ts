import { type ArgumentMetadata, Injectable, type ValidationError, ValidationPipe } from '@nestjs/common';
import { type FieldError, InvalidInputError } from './errors.js';
import { findUnusableValue } from './unusable-value.js';

/** Checks bodies and queries by their classes, and says for each field what is wrong with it. Unknown fields are wrong. */
@Injectable()
export class InputValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => new InvalidInputError(errors.flatMap((error) => fieldErrors(error))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // A parameter of the path can only be an id: the pipes and services that know it answer 404.
    if (metadata.type === 'body' || metadata.type === 'query') {
      const unusable = findUnusableValue(value, metadata.data ?? '');
      if (unusable !== null) throw new InvalidInputError([{ field: unusable.path, message: unusable.message }]);
    }
    const checked: unknown = await super.transform(value, metadata);
    return checked;
  }
}

/** The validation pipe for all routes. */
export function validationPipe(): InputValidationPipe {
  return new InputValidationPipe();
}

/** One entry a field, with all that is wrong with it, in the order of its decorators. */
function fieldErrors({ property, constraints = {}, children = [] }: ValidationError, parent = ''): FieldError[] {
  const field = parent === '' ? property : `${parent}.${property}`;
  const messages = Object.entries(constraints).map(([rule, message]) =>
    rule === 'whitelistValidation' ? `${property} is not a field that is known here` : message,
  );
  const own = messages.length === 0 ? [] : [{ field, message: messages.reverse().join('; ') }];
  return [...own, ...children.flatMap((child) => fieldErrors(child, field))];
}
