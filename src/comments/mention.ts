/** An `@` in a text, and the names that may follow it. */
export interface Mention {
  /** Where the name starts, right after the `@`. */
  start: number;
  /** Candidates for the user id or e-mail: the text that follows, cut at each possible end; longest first. */
  names: string[];
}

/** Further mentions in the same text are ignored. */
export const MOST_MENTIONS = 50;
/** Candidates for one mention. Users whose ids have more possible ends can be mentioned by e-mail. */
const MOST_NAMES = 40;

/** After a letter or digit, the `@` is part of an e-mail address; after another `@`, part of a name. */
const MENTION = /(?<![\p{L}\p{N}\p{M}_@])@(?=\S)/gu;
/** User ids may contain anything but control characters. Longer than an id, to see what follows the longest. */
const WINDOW = /\P{Cc}{1,300}/uy;
const LONGEST_NAME = 255;
/** A name may end before these. Excludes what occurs in e-mails: `@bob.smith@example.com` must not mean `bob`. */
const BREAK = /[\s,;:!?()[\]{}<>"'“”‘’]/;
/** A combining mark belongs to the letter before it: `jose` plus an accent is not `jose`. */
const WORD = /[\p{L}\p{N}\p{M}]/u;
/** An `@` directly after one of these is not a mention. */
const INSIDE = /[\p{L}\p{N}\p{M}_@]/u;

/**
 * Finds every `@` in a text that may mention a user.
 *
 * Ids may contain spaces and punctuation, so the text alone doesn't show where one ends. A mention therefore lists all candidates;
 * the longest that is a member's id or e-mail wins: `@bob.` means the user `bob.` if there is one, else `bob`.
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
 * The names that are mentioned, in order. An `@` inside a recognized name is not a mention of its own.
 * @param isName whether a text is a member's id or e-mail
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

/** Names end before a break, before another mention, or before punctuation that leads up to one of these. */
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
