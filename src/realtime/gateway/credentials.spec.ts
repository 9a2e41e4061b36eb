import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { findCredential, selectProtocol } from './credentials.js';

interface Shown {
  protocols?: string;
  authorization?: string[];
  search?: string;
}

function find({ protocols, authorization = [], search = '' }: Shown): unknown {
  const request = new IncomingMessage(new Socket());
  if (protocols !== undefined) request.headers['sec-websocket-protocol'] = protocols;
  if (authorization.length > 0) request.headersDistinct.authorization = authorization;
  return findCredential(request, new URLSearchParams(search));
}

const token = (value: string | null) => ({ kind: 'token', value });
const encoded = (value: string) => `access_token.${Buffer.from(value).toString('base64url')}`;

describe('findCredential', () => {
  it.each<[string, Shown, unknown]>([
    ['nothing', {}, null],
    ['the subprotocol', { protocols: `herald.v1, ${encoded('a.b.c')}` }, token('a.b.c')],
    ['the subprotocol first', { protocols: encoded('a'), authorization: ['Bearer b'], search: 'token=c' }, token('a')],
    ['the header', { authorization: ['Bearer a.b.c'] }, token('a.b.c')],
    ['the header before a ticket and a token', { authorization: ['bearer b'], search: 'ticket=t&token=c' }, token('b')],
    ['a ticket before a token', { search: 'token=c&ticket=t' }, { kind: 'ticket', value: 't' }],
    ['the token', { search: 'x=1&token=c' }, token('c')],
    ['a token decoded once', { search: 'token=%2565' }, token('%65')],
    ['a bad escape unchanged', { search: 'token=%zz%E0%A4%A' }, token('%zz\ufffd%A')],
  ])('finds %s', (_, shown, expected) => {
    expect(find(shown)).toEqual(expected);
  });

  it.each<[string, Shown]>([
    ['a cookie or another scheme', { authorization: ['Basic YTpi'] }],
    ['another subprotocol', { protocols: 'herald.v1, bearer.abc' }],
    ['a parameter in another case', { search: 'Token=c&TOKEN=c' }],
  ])('does not treat %s as a credential', (_, shown) => {
    expect(find(shown)).toBeNull();
  });

  it.each<[string, Shown, string]>([
    ['an empty subprotocol', { protocols: 'access_token.', search: 'token=good' }, ''],
    ['an empty header', { authorization: [''], search: 'token=good' }, ''],
    ['a header without a token', { authorization: ['Bearer'], search: 'token=good' }, ''],
    ['an empty ticket', { search: 'ticket=&token=good' }, ''],
    ['an empty token', { search: 'token=' }, ''],
  ])('lets %s decide', (_, shown, value) => {
    expect(find(shown)).toMatchObject({ value });
  });

  it.each<[string, Shown]>([
    ['two subprotocols', { protocols: `${encoded('a')}, ${encoded('b')}` }],
    ['two headers', { authorization: ['Bearer a', 'Bearer b'] }],
    ['two tokens', { search: 'token=a&token=b' }],
    ['two tickets', { search: 'ticket=a&ticket=a' }],
    ['a subprotocol that is not base64url', { protocols: 'access_token.a+b' }],
  ])('gives no value to %s', (_, shown) => {
    expect(find(shown)).toMatchObject({ value: null });
  });
});

describe('selectProtocol', () => {
  it.each<[string[], string | false]>([
    [['herald.v1', 'access_token.x'], 'herald.v1'],
    [['access_token.x', 'herald.v1'], 'herald.v1'],
    [['access_token.x'], 'access_token.x'],
    [['access_token.x', 'other'], false],
    [['other'], false],
  ])('answers %p with %p', (offered, selected) => {
    expect(selectProtocol(new Set(offered))).toBe(selected);
  });
});
