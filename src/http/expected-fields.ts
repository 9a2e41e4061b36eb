import { type FieldError, InvalidInputError } from './errors.js';

/** How many values an input may hold beside its free-form properties: ten times what the largest takes, and quickly looked through. */
const MAX_VALUES = 1_000;
const TOO_MANY = `must not hold more than ${MAX_VALUES} values`;

/**
 * Refuses what the validation can't be left with: so much that looking for what is wrong would take long, and fields that are called
 * like something that every object has, which it takes for known and drops.
 *
 * @param name what the whole is called in errors
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

/** Nest's pipe deletes `prototype`, class-transformer skips what has a value on every object. */
function isDropped(key: string): boolean {
  return key === 'prototype' || key in Object.prototype;
}
