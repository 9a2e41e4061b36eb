const FIRST_STRONG_ISOLATE = '\u2068';
const POP_DIRECTIONAL_ISOLATE = '\u2069';
/** Right-to-left scripts, and characters that set a direction. */
const TURNS = /[\p{Bidi_Control}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Isolates within the text could end ours early. */
const ISOLATES = /[\u2066-\u2069]/g;

/**
 * Isolates a user's text within a sentence, so that its direction does not affect the text around it. Where markup is possible, use
 * `<bdi>` instead.
 */
export function isolated(text: string): string {
  if (!TURNS.test(text)) return text;
  return `${FIRST_STRONG_ISOLATE}${text.replace(ISOLATES, '')}${POP_DIRECTIONAL_ISOLATE}`;
}
