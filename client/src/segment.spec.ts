import { describe, expect, it } from '@jest/globals';
import { connectOrgEvents } from './index.js';
import { segment } from './segment.js';

describe('segment', () => {
  it.each(['1', 'a/b', '../x', '%2e%2e', '?#', '...'])('keeps the id %s in one segment of a path', (id) => {
    const { pathname } = new URL(`https://herald.test/a/${segment(id)}/b`);
    expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', id, 'b']);
  });

  it.each(['.', '..'])('refuses %s, before any request', (id) => {
    const getToken = (): string => {
      throw new Error('No token is needed');
    };
    expect(() => segment(id)).toThrow(RangeError);
    expect(() => connectOrgEvents(id, { url: 'https://herald.test', getToken })).toThrow(RangeError);
  });
});
