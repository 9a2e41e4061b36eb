import { isIPv6 } from 'node:net';

export interface HostAndPort {
  host: string;
  port: number;
}

const HOST = /^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])$/;

/** Reads a host name or address (IPv6 with or without brackets); null if it is neither. */
export function parseHost(text: string): string | null {
  return HOST.test(text) || isIPv6(text) ? text.replace(/^\[|\]$/g, '') : null;
}

/** Splits `host:port`; null if the text has another form. An IPv6 host must be in brackets. */
export function parseHostAndPort(text: string): HostAndPort | null {
  const { host = '', port = '' } = /^(?<host>.+):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (!HOST.test(host) || !isPort(port)) return null;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535;
}
