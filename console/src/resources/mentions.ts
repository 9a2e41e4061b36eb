import type { Member } from '../api/types.js';

/** A part of a comment: a mention, or text if `userId` is null. */
export interface CommentPart {
  text: string;
  userId: string | null;
}

/** Characters before an `@` that make it part of a word, such as an email address. */
const WITHIN_WORD = /[\p{L}\p{N}_@]$/u;
/** Characters after a name that make it another, longer name. */
const GOES_ON = /^[\p{L}\p{N}_-]/u;

/** Splits a comment at its mentions by id or email, so that they can be shown by name. */
export function splitMentions(body: string, members: readonly Member[]): CommentPart[] {
  const names = members
    .flatMap(({ user_id, email }) => [
      { name: user_id, userId: user_id },
      ...(email === null ? [] : [{ name: email, userId: user_id }]),
    ])
    .sort((a, b) => b.name.length - a.name.length);

  const parts: CommentPart[] = [];
  let start = 0;
  let at = body.indexOf('@');
  while (at !== -1) {
    const rest = body.slice(at + 1);
    const found = WITHIN_WORD.test(body.slice(0, at))
      ? undefined
      : names.find(({ name }) => rest.startsWith(name) && !GOES_ON.test(rest.slice(name.length)));
    if (found !== undefined) {
      parts.push({ text: body.slice(start, at), userId: null });
      start = at + 1 + found.name.length;
      parts.push({ text: body.slice(at, start), userId: found.userId });
    }
    at = body.indexOf('@', Math.max(at + 1, start));
  }
  parts.push({ text: body.slice(start), userId: null });
  return parts.filter(({ text }) => text !== '');
}

/** The mention being typed at the caret: where its `@` is, and what follows it. Null: none. */
export function mentionAt(text: string, caret: number): { start: number; typed: string } | null {
  const match = /(?<![\p{L}\p{N}_@])@([^\s@]{0,60})$/u.exec(text.slice(0, caret));
  return match === null ? null : { start: match.index, typed: match[1] ?? '' };
}
