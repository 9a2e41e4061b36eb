import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidInputError } from '../realtime/support/errors.js';
import { decodeListCursor, encodeListCursor } from './pagination.js';

describe('List cursors', () => {
  it('return the parts they were made of, and need no escaping in a URL', () => {
    const part = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const cursor = encodeListCursor(parts);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeListCursor(cursor, parts.length)).toEqual(parts);
      }),
    );
  });

  it.each([
    '',
    'x',
    'not base64url!',
    encodeListCursor(['one']),
    encodeListCursor(['one', 'two', 'three']),
    encodeListCursor(['one', 'two\0']),
    `${encodeListCursor(['one', 'two'])}=`,
    Buffer.from('["one",2]').toString('base64url'),
    Buffer.from('{"0":"one","1":"two","length":2}').toString('base64url'),
    Buffer.from('null').toString('base64url'),
  ])('are refused when they make no sense: %j', (cursor) => {
    expect(() => decodeListCursor(cursor, 2)).toThrow(InvalidInputError);
    expect(() => decodeListCursor(cursor, 2)).toThrow('cursor: cursor must be the next_cursor of a page of this list');
  });

  it('are refused if the list does not accept their parts', () => {
    const isDate = ([text = '']: readonly string[]): boolean => !Number.isNaN(Date.parse(text));
    expect(decodeListCursor(encodeListCursor(['2025-01-15']), 1, isDate)).toEqual(['2025-01-15']);
    expect(() => decodeListCursor(encodeListCursor(['yesterday']), 1, isDate)).toThrow(InvalidInputError);
  });
});
