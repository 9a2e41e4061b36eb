import { describe, expect, it } from '@jest/globals';
import { isText } from './is-text.js';

describe('isText', () => {
  it.each(['a', 'Übung 🎉', '=1+1', 'x'.repeat(10), '🎉'.repeat(10)])('takes %j', (value) => {
    expect(isText(value, { max: 10 })).toBe(true);
  });

  it.each([undefined, null, 1, {}, [], '', '  ', '\u00a0', 'x'.repeat(11), 'a\nb', 'a\0b', '\u009f', '\ud800'])(
    'refuses %j',
    (value) => {
      expect(isText(value, { max: 10 })).toBe(false);
    },
  );

  it('accepts line breaks, tabs and an empty text if multiline', () => {
    expect(isText('', { max: 10, multiline: true })).toBe(true);
    expect(isText('a\r\n\tb', { max: 10, multiline: true })).toBe(true);
  });

  it.each(['a\0b', '\u001b[31m', '\udc00', 'x'.repeat(11)])('refuses %j even if multiline', (value) => {
    expect(isText(value, { max: 10, multiline: true })).toBe(false);
  });
});
