import { isIPv6 } from 'node:net';

export interface HostAndPort {
  host: string;
  port: number;
}

/** One entry of `ALLOWED_ORIGINS`. An empty `port` means the scheme's default. */
export interface OriginPattern {
  scheme: string;
  host: string;
  port: string;
  /** True for `*.host`: subdomains of any depth, but not the host itself. */
  subdomainsOnly: boolean;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

const ORIGIN =
  /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?<wildcard>\*\.)?(?<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?<port>\d{1,5}))?$/;

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

/** Reads `[scheme://]host[:port]`, with `https` as the default scheme; null if the text has another form. */
export function parseOriginPattern(text: string): OriginPattern | null {
  const groups = ORIGIN.exec(text.toLowerCase())?.groups;
  if (groups?.host === undefined || !isPort(groups.port ?? '443')) return null;
  const scheme = groups.scheme ?? 'https';
  return {
    scheme,
    host: groups.host,
    port: groups.port === undefined || groups.port === DEFAULT_PORTS[scheme] ? '' : groups.port,
    subdomainsOnly: groups.wildcard !== undefined,
  };
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535;
}
