import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { setApart } from './as-given.js';
import { InvalidInputError } from '../realtime/support/errors.js';
import { expectOrdinaryFields } from './expected-fields.js';
import { fieldErrors } from '../realtime/support/field-errors.js';
import { findUnusableValue } from './unusable-value.js';

/** Validates bodies and queries by their classes, and reports errors for each field. Unknown fields are errors. */
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
    // Path parameters are ids: their own pipes and services answer 404.
    if (metadata.type !== 'body' && metadata.type !== 'query') return this.check(value, metadata);
    const unusable = findUnusableValue(value);
    if (unusable !== null) throw new InvalidInputError([{ field: unusable.path, message: unusable.message }]);
    if (typeof value !== 'object' || value === null) return this.check(value, metadata);
    if (Array.isArray(value)) {
      expectOrdinaryFields(value, metadata.type);
      return this.check(value, metadata);
    }
    const { rest, given } = setApart(value, metadata.metatype);
    expectOrdinaryFields(rest, metadata.type);
    return Object.assign((await this.check(rest, metadata)) as object, given);
  }

  private async check(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const checked: unknown = await super.transform(value, metadata);
    return checked;
  }
}

/** The validation pipe for all routes. */
export function validationPipe(): InputValidationPipe {
  return new InputValidationPipe();
}
