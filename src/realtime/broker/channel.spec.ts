import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isUserId } from '../support/user-id.js';
import { Channel, isUuid, orgChannel, userChannel } from './channel.js';

const ORG = '0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11';

describe('Channel', () => {
  it('gives different users different names, and parses each name back to its user', () => {
    const userId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter(isUserId);
    fc.assert(
      fc.property(userId, userId, (a, b) => {
        expect(userChannel.of(a).name === userChannel.of(b).name).toBe(a === b);
        expect(Channel.parse(userChannel.of(a).name).id).toBe(a);
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
    expect(userChannel.of(id).name).toMatch(/^user:[^\s:{}]+$/);
  });

  it.each(['', 'a\nb', 'a\u0000', 'x'.repeat(256), '\ud800', '\udc00\ud800', '.', '..'])(
    'refuses the user id %p',
    (id) => {
      expect(() => userChannel.of(id)).toThrow('1 to 255 characters');
    },
  );

  it('treats an organization id in capitals as the same organization', () => {
    expect(orgChannel.of(ORG.toUpperCase())).toEqual(orgChannel.of(ORG));
  });

  it.each(['', '*', 'a:b', `${ORG}:user:1`, `{${ORG}}`, `${ORG}\n`])('refuses the organization id %p', (id) => {
    expect(() => orgChannel.of(id)).toThrow('takes a UUID');
  });

  it.each(['', 'user', 'user:', 'user:a:b', 'org:1', 'node:', ':1', 'Room:1', 'room:a b', 'room:%41'])(
    'refuses the channel name %p',
    (name) => {
      expect(() => Channel.parse(name)).toThrow(TypeError);
    },
  );

  it('parses names of kinds that only a newer version defines, for publishing them', () => {
    expect(Channel.parse('room:1')).toMatchObject({ kind: 'room', id: '1', name: 'room:1' });
  });
});

describe('a kind of channels', () => {
  const desks = Channel.define('spec-desk', { org: isUuid, desk: (text) => /^[a-z :]+$/.test(text) });

  it('names a channel by all of its ids, each in its canonical form', () => {
    const channel = desks.of({ org: ORG.toUpperCase(), desk: 'a: b' });
    expect(channel).toMatchObject({ kind: 'spec-desk', name: `spec-desk:${ORG}:a%3A%20b` });
    expect(Channel.parse(channel.name)).toEqual(channel);
  });

  it('names the id that its check refuses', () => {
    expect(() => desks.of({ org: 'x', desk: 'a' })).toThrow('spec-desk org: takes a UUID');
    expect(() => desks.of({ org: ORG, desk: 'A' })).toThrow('spec-desk desk: takes another id');
    expect(() => desks.of({ org: ORG, desk: '\ud800' })).toThrow('spec-desk desk');
  });

  it.each([undefined, null, 7, { id: 'alice' }, ['alice']])(
    'refuses %p in place of an id, as a caller in JavaScript may give it',
    (id) => {
      expect(() => userChannel.of(id as never)).toThrow('user id: takes 1 to 255 characters');
      expect(() => desks.of(id as never)).toThrow('spec-desk org: takes a UUID');
    },
  );

  it.each(['', 'Room', 'a:b', 'a b', 'signal', 'user', 'org', 'spec-desk'])('refuses the kind %p', (kind) => {
    expect(() => Channel.define(kind, { id: isUuid })).toThrow(/^channel kind: /);
  });
});
