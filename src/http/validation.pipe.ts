import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { InvalidInputError } from './errors.js';
import { fieldErrors } from './field-errors.js';
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
