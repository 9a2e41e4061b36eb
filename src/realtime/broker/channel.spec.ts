import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isUserId } from '../../auth/user-id.js';
import { Channel } from './channel.js';

const ORG = '0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11';

describe('Channel', () => {
  it('gives different users different names, and parses each name back to its user', () => {
    const userId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter(isUserId);
    fc.assert(
      fc.property(userId, userId, (a, b) => {
        expect(Channel.ofUser(a).name === Channel.ofUser(b).name).toBe(a === b);
        expect(Channel.parse(Channel.ofUser(a).name).id).toBe(a);
      }),
    );
  });

  it.each([
    'auth0|5f7c8ec7',
    'alice@example.com',
    '__proto__',
    'a:b',
    '*',
    '}{',
    '%2F',
    ' ',
    '日本語',
    'x'.repeat(255),
  ])('accepts the user id %p and keeps braces, spaces and colons out of the name', (id) => {
    expect(Channel.ofUser(id).name).toMatch(/^user:[^\s:{}]+$/);
  });

  it.each(['', 'a\nb', 'a\u0000', 'x'.repeat(256), '\ud800', '\udc00\ud800', '.', '..'])(
    'refuses the user id %p',
    (id) => {
      expect(() => Channel.ofUser(id)).toThrow('1 to 255 characters');
    },
  );

  it('treats an organization id in capitals as the same organization', () => {
    expect(Channel.ofOrganization(ORG.toUpperCase())).toEqual(Channel.ofOrganization(ORG));
  });

  it.each(['', '*', 'a:b', `${ORG}:user:1`, `{${ORG}}`, `${ORG}\n`])('refuses the organization id %p', (id) => {
    expect(() => Channel.ofOrganization(id)).toThrow('takes a UUID');
  });

  it.each(['', 'user', 'user:', 'room:1', 'org:1', 'node:', 'node:1'])('refuses the channel name %p', (name) => {
    expect(() => Channel.parse(name)).toThrow(TypeError);
  });
});
