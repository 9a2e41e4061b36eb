import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

/** An IPv4-mapped IPv6 address, as a dual-stack socket reports IPv4 peers. */
const MAPPED = /^::ffff:(?=[\d.]+$)/i;
/** Some proxies add the port, which differs for each connection of a client. IPv6 addresses may also have brackets only. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([\da-f:.]+)\](?::\d+)?)$/i;
/** Enough for an IPv6 address with its zone; an untrustworthy header may hold more. */
const MAX_LENGTH = 64;
/** How many of an IPv6 address's eight parts name the subscriber's network. */
const SUBSCRIBER_PARTS = 4;

/**
 * The client's address for all logs and limits: as reported by the last `trustedProxies` in front, or the peer's own. Empty if the
 * peer has already disconnected.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  // Contrary to its type, undefined if the peer has reset the connection.
  const address = proxyAddr(request, (_, hop) => hop < trustedProxies) as string | undefined;
  return (address ?? '').slice(0, MAX_LENGTH).replace(WITH_PORT, '$1$2').replace(MAPPED, '');
}

/**
 * What limits count as one address: a normalized IPv4 address, or an IPv6 /64 network, the smallest that a subscriber gets.
 */
export function countedAddress(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  // Also makes one IPv4 address of both ways to write it.
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const { parts } = ipaddr.IPv6.parse(address);
  return new ipaddr.IPv6([...parts.slice(0, SUBSCRIBER_PARTS), 0, 0, 0, 0]).toString();
}
