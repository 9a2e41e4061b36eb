import { type FieldError, InvalidInputError } from '../realtime/support/errors.js';

/** How many values an input may hold besides its free-form properties: ten times the largest, and still fast to traverse. */
const MAX_VALUES = 1_000;
const TOO_MANY = `must not hold more than ${MAX_VALUES} values`;

/**
 * Refuses what the validation handles badly: inputs so large that validating them would take long, and fields named like members of
 * every object, which it silently drops.
 *
 * @param name the name of the whole input in errors
 * @throws {InvalidInputError}
 */
export function expectOrdinaryFields(input: object, name: string): void {
  const errors: FieldError[] = [];
  let count = 0;
  const look = (value: object, parent: string): void => {
    const isList = Array.isArray(value);
    for (const key of Object.keys(value)) {
      count += 1;
      if (count > MAX_VALUES) throw new InvalidInputError([{ field: name, message: TOO_MANY }]);
      const field = parent === '' ? key : `${parent}.${key}`;
      if (!isList && isDropped(key)) {
        errors.push({ field, message: `${key} is not a field that is known here` });
        continue;
      }
      const item: unknown = (value as Record<string, unknown>)[key];
      if (typeof item === 'object' && item !== null) look(item, field);
    }
  };
  look(input, '');
  if (errors.length > 0) throw new InvalidInputError(errors);
}

/** Nest's pipe deletes `prototype`; class-transformer skips names that every object has. */
function isDropped(key: string): boolean {
  return key === 'prototype' || key in Object.prototype;
}
