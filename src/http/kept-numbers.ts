/** A text (with the colon behind it where it names a field; cut off, it reaches to the end), a number, or what makes the structure. */
const TOKENS = /"(?:[^"\\]|\\[^]?)*(?:"|$)(\s*:)?|-?\d[\d.eE+-]*|[[\]{},]/g;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** So many a double keeps, whichever they are. */
const SAFE_LENGTH = 15;
/** Deeper ones are refused for that. */
const MAX_DEPTH = 64;
const MOST_DIGITS = 100;

/**
 * The path of the first number in a JSON text that JavaScript does not keep, such as an id of 64 bits, whose last digits would
 * silently be others; null if there is none, or if the text is no JSON.
 */
export function findLostNumber(text: string): string | null {
  /** Of each open list the index, of each open object the name of the field, as it is written. */
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
 * Whether the number that JavaScript makes of it is written as the same one, or, with a fraction, is the same when it is rounded to
 * as many digits: many programs write 17 of them.
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

/** Digits, without zeros at their ends, and an exponent: the same for equal numbers, however they are written. */
function decimalOf(literal: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(literal) ?? [];
  const all = whole + fraction;
  const start = all.search(/[1-9]/);
  if (start === -1) return '0e0';
  let end = all.length;
  while (all[end - 1] === '0') end -= 1;
  return `${all.slice(start, end)}e${whole.length - start + Number(exponent)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function pathOf(path: readonly (string | number)[]): string | null {
  if (path.length > MAX_DEPTH) return null;
  return path.map((place) => (typeof place === 'number' ? place : fieldOf(place))).join('.');
}

/** @param token with the colon */
function fieldOf(token: string): string {
  return JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
}
