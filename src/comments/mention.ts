/** Whom an `@` in a text may mean. */
export interface Mention {
  /** Where the name starts, right after the `@`. */
  start: number;
  /** What the name may be, user id or e-mail: the text from there on, cut at one place or another; longest first. */
  names: string[];
}

/** What is mentioned beyond that in one text notifies nobody. */
export const MOST_MENTIONS = 50;
/** Of one mention; ids with more places where they could end are mentioned by e-mail. */
const MOST_NAMES = 40;

/** After a letter or digit the `@` is within an e-mail address, after another `@` within a name. */
const MENTION = /(?<![\p{L}\p{N}\p{M}_@])@(?=\S)/gu;
/** In user ids any character may be but control characters. Longer than an id, to see what follows the longest. */
const WINDOW = /\P{Cc}{1,300}/uy;
const LONGEST_NAME = 255;
/** Where a name may end. Not at what stands inside e-mails: `@bob.smith@example.com` must not mean `bob`. */
const BREAK = /[\s,;:!?()[\]{}<>"'“”‘’]/;
/** A combining mark belongs to the letter before it: `jose` and an accent is not `jose`. */
const WORD = /[\p{L}\p{N}\p{M}]/u;
/** Right after one of these an `@` mentions nobody. */
const INSIDE = /[\p{L}\p{N}\p{M}_@]/u;

/**
 * Finds every `@` of a text that may mention somebody.
 *
 * Ids can be of any shape, with blanks and punctuation in them, so a text alone doesn't tell where one ends. A mention
 * therefore lists all that it may mean, and the longest that is somebody's id or e-mail is meant: `@bob.` is the user `bob.`
 * if there is one, else `bob`.
 */
export function findMentions(text: string): Mention[] {
  const mentions: Mention[] = [];
  for (const { index } of text.matchAll(MENTION)) {
    if (mentions.length === MOST_MENTIONS) break;
    mentions.push({ start: index + 1, names: namesAt(text, index + 1) });
  }
  return mentions;
}

/**
 * The names that are meant, each where it stands first. What is inside of a name that was recognized is no mention of
 * its own.
 * @param isName whether it is somebody's id or e-mail
 */
export function meantNames(mentions: readonly Mention[], isName: (name: string) => boolean): Set<string> {
  const meant = new Set<string>();
  let end = 0;
  for (const { start, names } of mentions) {
    const name = start <= end ? undefined : names.find(isName);
    if (name === undefined) continue;
    meant.add(name);
    end = start + name.length;
  }
  return meant;
}

/** Names end before a break, before another mention, or before punctuation that stands there. */
function namesAt(text: string, start: number): string[] {
  WINDOW.lastIndex = start;
  const characters = Array.from(WINDOW.exec(text)?.[0] ?? '');
  const lengths: number[] = [];
  let mayEnd = false;
  for (let length = characters.length; length > 0; length -= 1) {
    const last = characters[length - 1] ?? '';
    const next = characters[length] ?? '\n';
    mayEnd = BREAK.test(next) || (next === '@' && !INSIDE.test(last)) || (mayEnd && !WORD.test(next));
    if (mayEnd && length <= LONGEST_NAME && last.trim() !== '') lengths.push(length);
  }
  return lengths.slice(-MOST_NAMES).map((length) => characters.slice(0, length).join(''));
}
