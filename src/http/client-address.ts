import type { IncomingMessage } from 'node:http';
import { normalizeIp } from '@nestjs/throttler';
import proxyAddr from 'proxy-addr';

/** IPv4 in the clothes of IPv6, as a socket that serves both shows it. */
const MAPPED = /^::ffff:(?=[\d.]+$)/i;
/** As some proxies forward it: each connection of a client has another port. Brackets stand around IPv6 alone. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([\da-f:.]+)\](?::\d+)?)$/i;
/** Of an address of IPv6 with its zone; a header that nobody should have trusted may hold more. */
const MAX_LENGTH = 64;

/**
 * The address that a request comes from, as all logs and limits take it: what the last `trustedProxies` in front say, or the
 * peer's own. Empty when the peer is gone already.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  // Undefined, whatever the types say, when the peer has reset its connection.
  const address = proxyAddr(request, (_, hop) => hop < trustedProxies) as string | undefined;
  return (address ?? '').slice(0, MAX_LENGTH).replace(WITH_PORT, '$1$2').replace(MAPPED, '');
}

/**
 * What limits count as one address: IPv4 however it is written, and of IPv6 a network of 64 bits, which is the least that a
 * subscriber gets.
 */
export function countedAddress(address: string): string {
  return normalizeIp(address);
}
