import { ValidateBy, type ValidationOptions } from 'class-validator';

export interface TextLimits {
  /** In Unicode code points. */
  max: number;
  /** Whether it may be empty and hold line breaks and tabs. */
  multiline?: boolean;
}

const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_WHITESPACE = /[^\P{Cc}\n\r\t]/u;

/** Accepts readable text: of limited length, not blank, without control characters. */
export function IsText(limits: TextLimits, options?: ValidationOptions): PropertyDecorator {
  const wanted = limits.multiline
    ? `a text of up to ${limits.max} characters, without control characters but line breaks and tabs`
    : `a text of 1 to ${limits.max} characters, not blank, without control characters`;
  return ValidateBy(
    {
      name: 'isText',
      validator: { validate: (value) => isText(value, limits), defaultMessage: () => `$property must be ${wanted}` },
    },
    options,
  );
}

/** Refuses unpaired surrogates, which encoders don't preserve, and NUL, which Postgres can't store. */
export function isText(value: unknown, { max, multiline = false }: TextLimits): value is string {
  if (typeof value !== 'string' || !value.isWellFormed()) return false;
  if ((multiline ? CONTROL_BUT_WHITESPACE : CONTROL).test(value)) return false;
  return (multiline || value.trim() !== '') && Array.from(value).length <= max;
}
