import { type OriginPattern, parseOriginPattern } from './values.js';

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
