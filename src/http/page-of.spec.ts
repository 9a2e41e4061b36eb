import { describe, expect, it } from '@jest/globals';
import { encodeListCursor, pageOf, uuidCursor } from './pagination.js';

const ID = '01997a6e-7e3f-7000-8000-000000000001';

describe('pageOf', () => {
  const itself = (row: string): string => row;

  it('has no next page if all rows fit', () => {
    expect(pageOf(['a', 'b'], 2, itself)).toEqual({ items: ['a', 'b'], next_cursor: null });
    expect(pageOf([], 2, itself)).toEqual({ items: [], next_cursor: null });
  });

  it('continues after the last row that fits', () => {
    expect(pageOf(['a', 'b', 'c'], 2, itself)).toEqual({ items: ['a', 'b'], next_cursor: encodeListCursor(['b']) });
  });
});

describe('uuidCursor', () => {
  it('is null at the start of a list', () => {
    expect(uuidCursor(undefined)).toBeNull();
  });

  it('returns the id from the previous page', () => {
    expect(uuidCursor(encodeListCursor([ID]))).toBe(ID);
  });

  it.each(['', 'nonsense', encodeListCursor(['no-uuid']), encodeListCursor([ID, ID])])('refuses %j', (cursor) => {
    expect(() => uuidCursor(cursor)).toThrow('cursor');
  });
});
