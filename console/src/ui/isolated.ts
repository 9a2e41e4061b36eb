const FIRST_STRONG_ISOLATE = '\u2068';
const POP_DIRECTIONAL_ISOLATE = '\u2069';
/** Scripts from right to left, and what sets a direction. */
const TURNS = /[\p{Bidi_Control}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** An end of our isolation among them would let the rest out. */
const ISOLATES = /[\u2066-\u2069]/g;

/**
 * Somebody's text as part of a sentence, without turning around what stands beside it. Where there is an element for it, that is
 * `<bdi>`.
 */
export function isolated(text: string): string {
  if (!TURNS.test(text)) return text;
  return `${FIRST_STRONG_ISOLATE}${text.replace(ISOLATES, '')}${POP_DIRECTIONAL_ISOLATE}`;
}
