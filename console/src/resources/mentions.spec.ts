import { describe, expect, it } from '@jest/globals';
import type { Member } from '../api/types.js';
import { mentionAt, splitMentions } from './mentions.js';

function member(user_id: string, email: string | null = null): Member {
  return { user_id, email, role: 'member', joined_at: '2026-01-01T00:00:00.000Z' };
}

const MEMBERS = [member('bob', 'bob@example.com'), member('bobby'), member('auth0|5f')];

function mentioned(body: string): string[] {
  return splitMentions(body, MEMBERS).flatMap(({ text, userId }) => (userId === null ? [] : [`${userId}: ${text}`]));
}

describe('splitMentions', () => {
  it('finds members by id and by e-mail, the longest name first', () => {
    expect(mentioned('@bob, @bobby and @bob@example.com')).toEqual([
      'bob: @bob',
      'bobby: @bobby',
      'bob: @bob@example.com',
    ]);
    expect(mentioned('Ask @auth0|5f.')).toEqual(['auth0|5f: @auth0|5f']);
  });

  it('finds none within a word, or at the start of a longer name', () => {
    expect(mentioned('write to alice@bob, or @bobcat')).toEqual([]);
  });

  it('loses nothing of the text', () => {
    const body = 'Hi @bob!\n@nobody, @';
    const texts = splitMentions(body, MEMBERS).map(({ text }) => text);
    expect(texts.join('')).toBe(body);
  });
});

describe('mentionAt', () => {
  it('is what was typed after an @ up to the caret', () => {
    expect(mentionAt('Hi @bo, there', 6)).toEqual({ start: 3, typed: 'bo' });
    expect(mentionAt('@', 1)).toEqual({ start: 0, typed: '' });
  });

  it('is null in an address, or after a blank', () => {
    expect(mentionAt('a@b', 3)).toBeNull();
    expect(mentionAt('@bob ', 5)).toBeNull();
  });
});
