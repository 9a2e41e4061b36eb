import { isJson } from '../realtime/support/is-json.js';

/** A string (including the colon after a field name; an unterminated one extends to the end), a number, or punctuation. */
const TOKENS = /"(?:[^"\\]|\\[^]?)*(?:"|$)(\s*:)?|-?\d[\d.eE+-]*|[[\]{},]/g;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** A double preserves any decimal with this many digits. */
const SAFE_LENGTH = 15;
/** Deeper inputs are refused anyway. */
const MAX_DEPTH = 64;
const MOST_DIGITS = 100;

/**
 * The path of the first number in a JSON text that JavaScript can't represent, such as a 64-bit id whose last digits would silently
 * change; null if there is none, or the text is not JSON.
 */
export function findLostNumber(text: string): string | null {
  /** The index in each open list, and the raw field name in each open object. */
  const path: (string | number)[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    const last = path.length - 1;
    const place = path[last];
    if (token === '{' || token === '[') path.push(token === '[' ? 0 : '');
    else if (token === '}' || token === ']') path.pop();
    else if (token === ',') {
      if (typeof place === 'number') path[last] = place + 1;
    } else if (colon !== undefined) path[last] = token;
    else if (!token.startsWith('"') && !isKept(token)) return isJson(text) ? pathOf(path) : null;
  }
  return null;
}

/**
 * Whether JavaScript's number is equal to the literal. A fraction may also be equal after rounding to the literal's number of digits,
 * as many programs write 17 digits.
 */
function isKept(literal: string): boolean {
  if (literal.length <= SAFE_LENGTH && !/e/i.test(literal)) return true;
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const decimal = decimalOf(literal);
  if (decimal === decimalOf(String(value))) return true;
  const digits = decimal.indexOf('e');
  return !Number.isInteger(value) && digits <= MOST_DIGITS && decimal === decimalOf(value.toPrecision(digits));
}

/** Digits without leading and trailing zeros, and an exponent: the same for equal numbers in any notation. */
function decimalOf(literal: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(literal) ?? [];
  const all = whole + fraction;
  const start = all.search(/[1-9]/);
  if (start === -1) return '0e0';
  let end = all.length;
  while (all[end - 1] === '0') end -= 1;
  return `${all.slice(start, end)}e${whole.length - start + Number(exponent)}`;
}

function pathOf(path: readonly (string | number)[]): string | null {
  if (path.length > MAX_DEPTH) return null;
  return path.map((place) => (typeof place === 'number' ? place : fieldOf(place))).join('.');
}

/** @param token including the colon */
function fieldOf(token: string): string {
  return JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
}
