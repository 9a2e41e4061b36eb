import { describe, expect, it } from '@jest/globals';
import { path } from './path.js';

const ORIGIN = 'https://herald.test';

describe('path', () => {
  it.each(['bob', 'auth0|5f', 'a/b', '../x', '..?', '%2e%2e', '..\\..', '#', 'é 🐎', '...'])(
    'encodes the id %s as one segment',
    (id) => {
      const { pathname, search, hash } = new URL(path`/orgs/${'1'}/members/${id}`, ORIGIN);
      const segments = pathname.split('/').map(decodeURIComponent);
      expect([segments, search, hash]).toEqual([['', 'orgs', '1', 'members', id], '', '']);
    },
  );

  it.each(['.', '..'])('refuses %s, which would resolve to another path', (id) => {
    expect(new URL(`/orgs/1/members/${encodeURIComponent(id)}`, ORIGIN).pathname).not.toContain(id);
    expect(() => path`/orgs/${'1'}/members/${id}`).toThrow(`“${id}” is not a valid id.`);
  });
});
