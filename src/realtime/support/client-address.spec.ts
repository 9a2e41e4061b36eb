import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { clientAddress, countedAddress } from './client-address.js';

function requestFrom(peer: string | undefined, forwardedFor?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  if (forwardedFor !== undefined) request.headers['x-forwarded-for'] = forwardedFor;
  return request;
}

describe('clientAddress', () => {
  it.each([
    ['10.0.0.1', undefined, 0, '10.0.0.1'],
    ['::ffff:10.0.0.1', undefined, 0, '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1', 0, '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1', 1, '192.0.2.1'],
    ['10.0.0.1', '192.0.2.66, 192.0.2.1', 1, '192.0.2.1'],
    ['10.0.0.1', '192.0.2.66, 192.0.2.1, 10.0.0.2', 2, '192.0.2.1'],
    ['10.0.0.1', '::ffff:192.0.2.1', 1, '192.0.2.1'],
    ['10.0.0.1', '192.0.2.66, 192.0.2.1:555', 1, '192.0.2.1'],
    ['10.0.0.1', '[2001:db8::1]:555', 1, '2001:db8::1'],
    ['10.0.0.1', '[2001:db8::1]', 1, '2001:db8::1'],
    ['10.0.0.1', '2001:db8::1', 1, '2001:db8::1'],
    ['10.0.0.1', '[::ffff:192.0.2.1]:555', 1, '192.0.2.1'],
    ['2001:db8::1', undefined, 0, '2001:db8::1'],
    ['10.0.0.1', 'x'.repeat(10_000), 1, 'x'.repeat(64)],
    [undefined, undefined, 0, ''],
  ])('of the peer %p that forwards for %p, with %d proxies, is %p', (peer, forwardedFor, proxies, expected) => {
    expect(clientAddress(requestFrom(peer, forwardedFor), proxies)).toBe(expected);
  });
});

describe('countedAddress', () => {
  it.each(['::ffff:127.0.0.1', '::FFFF:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1'])(
    // @abuse LIM-08
    'treats %s as 127.0.0.1',
    (address) => {
      expect(countedAddress(address)).toBe(countedAddress('127.0.0.1'));
    },
  );

  // @abuse LIM-08
  it('treats an IPv6 /64 network as one address, but no larger one', () => {
    const one = countedAddress('2001:db8:0:1::1');
    expect(countedAddress('2001:0DB8:0:1:ffff:ffff:ffff:ffff')).toBe(one);
    expect(countedAddress('2001:db8:0:1::1%eth0')).toBe(one);
    expect(countedAddress('2001:db8:0:2::1')).not.toBe(one);
    expect(countedAddress('10.0.0.1')).not.toBe(countedAddress('10.0.0.2'));
  });

  it.each(['', 'unknown', '10.0.0.1:4711', ':::'])('keeps text that is not an address: %p', (text) => {
    expect(countedAddress(text)).toBe(text);
  });
});
