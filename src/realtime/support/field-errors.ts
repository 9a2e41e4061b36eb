import type { ValidationError } from 'class-validator';
import type { FieldError } from './errors.js';

/** class-validator's errors of one property, with the fields needed here. */
export interface PropertyErrors extends Pick<ValidationError, 'property' | 'constraints'> {
  value?: unknown;
  children?: PropertyErrors[];
}

/**
 * One entry for each field, with all its errors in the order of its decorators.
 * @param parent the path of the object that has the property
 * @param addition a suffix for the message, from the value
 */
export function fieldErrors(
  { property, value, constraints = {}, children = [] }: PropertyErrors,
  parent = '',
  addition: (value: unknown) => string = () => '',
): FieldError[] {
  const field = parent === '' ? property : `${parent}.${property}`;
  const messages = Object.entries(constraints).map(([rule, message]) =>
    rule === 'whitelistValidation' ? `${property} is not a field that is known here` : message,
  );
  const own = messages.length === 0 ? [] : [{ field, message: messages.reverse().join('; ') + addition(value) }];
  return [...own, ...children.flatMap((child) => fieldErrors(child, field, addition))];
}
