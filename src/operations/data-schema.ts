import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { DataClass } from '../realtime/index.js';

/** A JSON schema of an object. */
export interface ObjectSchema {
  type: 'object';
  required: string[];
  properties: Record<string, object>;
}

/** What is known of a validator of a field. */
interface Rule {
  type: string;
  name?: string;
  propertyName: string;
  constraints?: unknown[];
  /** It is about the items of an array. */
  each: boolean;
}

/** What the rules of class-validator mean in JSON schema. Another one, such as an application's own, adds nothing. */
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

/** Describes what a class takes, by its own validators: what is checked and what is documented cannot differ. */
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

/** Whether the conditions of a field (`@ValidateIf`, `@IsOptional`) let its rules see a value, whatever the others are. */
function isChecked(value: unknown, rules: Rule[]): boolean {
  return rules.every(({ type, propertyName, constraints: [condition] = [] }) => {
    if (type !== ValidationTypes.CONDITIONAL_VALIDATION || typeof condition !== 'function') return true;
    try {
      return Boolean(Reflect.apply(condition, undefined, [{ [propertyName]: value }, value]));
    } catch {
      // It needs other fields to tell.
      return false;
    }
  });
}
