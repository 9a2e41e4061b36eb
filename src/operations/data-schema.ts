import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { DataClass } from '../realtime/index.js';

/** A JSON schema of an object. */
export interface ObjectSchema {
  type: 'object';
  required: string[];
  properties: Record<string, object>;
}

/** A validator of a field. */
interface Rule {
  type: string;
  name?: string;
  propertyName: string;
  constraints?: unknown[];
  /** Applies to the items of an array. */
  each: boolean;
}

/** class-validator's rules in JSON schema. Rules that are not listed, such as an application's own, add nothing. */
const RULES: Readonly<Record<string, (...constraints: unknown[]) => object>> = {
  isString: () => ({ type: 'string' }),
  isUserId: () => ({ type: 'string' }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isRFC3339: () => ({ type: 'string', format: 'date-time' }),
  isBoolean: () => ({ type: 'boolean' }),
  isNumber: () => ({ type: 'number' }),
  isInt: () => ({ type: 'integer' }),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object' }),
  min: (minimum) => ({ minimum }),
  max: (maximum) => ({ maximum }),
  isIn: (values) => ({ enum: values }),
  equals: (value) => ({ const: value }),
};

/** Derives a class's schema from its validators, so that documentation and validation cannot differ. */
export function schemaOf(dataClass: DataClass): ObjectSchema {
  const storage = getMetadataStorage();
  const rules = storage.getTargetValidationMetadatas(dataClass, '', false, false);
  const fields = Object.entries(storage.groupByPropertyName(rules));
  return {
    type: 'object',
    required: fields.filter(([, own]) => isChecked(undefined, own)).map(([field]) => field),
    properties: Object.fromEntries(fields.map(([field, own]) => [field, propertyOf(own)])),
  };
}

function propertyOf(rules: Rule[]): object {
  const property = rules
    .filter(({ each }) => !each)
    .map(({ name = '', constraints = [] }) => RULES[name]?.(...constraints))
    .reduce<object>((whole, part = {}) => ({ ...whole, ...part }), {});
  return isChecked(null, rules) ? property : { anyOf: [property, { type: 'null' }] };
}

/** Whether a field's rules apply to a value, by its conditions (`@ValidateIf`, `@IsOptional`) and without regard to other fields. */
function isChecked(value: unknown, rules: Rule[]): boolean {
  return rules.every(({ type, propertyName, constraints: [condition] = [] }) => {
    if (type !== ValidationTypes.CONDITIONAL_VALIDATION || typeof condition !== 'function') return true;
    try {
      return Boolean(Reflect.apply(condition, undefined, [{ [propertyName]: value }, value]));
    } catch {
      // The condition depends on other fields.
      return false;
    }
  });
}
