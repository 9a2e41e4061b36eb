import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findMentions, meantNames, MOST_MENTIONS } from './mention.js';

/** The names mentioned in a text, if users have these names. */
function meant(text: string, ...names: string[]): string[] {
  return [...meantNames(findMentions(text), (name) => names.includes(name))];
}

describe('a mention', () => {
  it.each([
    ['@bob'],
    ['Hi @bob, look'],
    ['(@bob)'],
    ['"@bob"!?'],
    ['@bob...'],
    ['@bob’s work'],
    ['@bob: done'],
    ['first line\n@bob\nlast line'],
    ['cc:@bob'],
    ['@carol,@bob/@dave'],
    ['@bob @bob @bob'],
  ])('is found in %j', (text) => {
    expect(meant(text, 'bob')).toEqual(['bob']);
  });

  it.each([
    ['bob'],
    ['@ bob'],
    ['@bobby'],
    ['alice@bob'],
    ['@bob@example.com'],
    ['@bob.smith@example.com'],
    ['@bob-the-builder'],
    ['@@bob'],
    ['@'],
    [''],
  ])('of bob is not found in %j', (text) => {
    expect(meant(text, 'bob')).toEqual([]);
  });

  it.each([
    ['auth0|5f7c8ec7c33c6c004bbafe82'],
    ['bob.smith+work@example.com'],
    ['John Doe'],
    ['__proto__'],
    ['bob.'],
    ['@bob'],
    ['a,@b'],
    ['李雷'],
    ['🐎'],
    ['x'.repeat(255)],
  ])('finds the id %j', (id) => {
    for (const text of [`@${id}`, `Ask @${id} please`, `(@${id}), then`, `@${id}.`, `@${id}\nis it`]) {
      expect(meant(text, id)).toEqual([id]);
    }
  });

  it('means the longest name that exists', () => {
    expect(meant('@John Doe, hello', 'John', 'John Doe')).toEqual(['John Doe']);
    expect(meant('@John Smith, hello', 'John', 'John Doe')).toEqual(['John']);
    expect(meant('@bob.', 'bob', 'bob.')).toEqual(['bob.']);
  });

  it('within a recognized name does not count', () => {
    expect(meant('@a,@b', 'a,@b', 'a', 'b')).toEqual(['a,@b']);
    expect(meant('@a,@b', 'a', 'b')).toEqual(['a', 'b']);
  });

  it('is limited in number, and in its candidate names', () => {
    const mentions = findMentions('@!!! '.repeat(10_000));
    expect(mentions).toHaveLength(MOST_MENTIONS);
    expect(Math.max(...mentions.map(({ names }) => names.length))).toBeLessThanOrEqual(40);
  });

  it('has only names that occur in the text, longest first', () => {
    const texts = fc.string({ unit: fc.constantFrom('@', 'a', 'é', '🐎', ' ', '.', ',', '\n', '|') });
    fc.assert(
      fc.property(texts, (text) => {
        for (const { start, names } of findMentions(text)) {
          expect(text[start - 1]).toBe('@');
          for (const name of names) expect(text.startsWith(name, start)).toBe(true);
          expect(names).toEqual(names.toSorted((a, b) => b.length - a.length));
        }
      }),
    );
  });
});
