import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { setApart } from './as-given.js';
import { InvalidInputError } from './errors.js';
import { expectOrdinaryFields } from './expected-fields.js';
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
