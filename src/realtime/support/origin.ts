/** Origins that pages may connect from. An empty `port` means the scheme's default. */
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

/** One or more domain labels, so that `*.` matches `a.b` but not an empty name. */
const SUBDOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * Whether a browser's `Origin` header matches one of the allowed origins in scheme, host and port, ignoring letter case and an
 * explicit default port. Never allows `null`, an empty header, a list, or a URL with a path.
 */
export function isOriginAllowed(origin: string, patterns: readonly OriginPattern[]): boolean {
  if (!origin.includes('://')) return false;
  const asked = parseOriginPattern(origin);
  if (asked === null || asked.subdomainsOnly) return false;
  return patterns.some(
    (pattern) => pattern.scheme === asked.scheme && pattern.port === asked.port && fitsHost(asked.host, pattern),
  );
}

function fitsHost(host: string, pattern: OriginPattern): boolean {
  if (!pattern.subdomainsOnly) return host === pattern.host;
  const suffix = `.${pattern.host}`;
  return host.endsWith(suffix) && SUBDOMAIN.test(host.slice(0, -suffix.length));
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
