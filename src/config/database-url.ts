import { accessSync, constants } from 'node:fs';

const SCHEME = /^postgres(?:ql)?:\/\//i;

/** Parameters naming files that the driver reads before it connects. */
const FILES = ['sslcert', 'sslkey', 'sslrootcert'];

/** What a Postgres URL must be, if the driver would fail on this one before connecting; null if it is fine. */
export function wantedOfDatabaseUrl(text: string): string | null {
  const url = SCHEME.test(text) ? parse(text) : null;
  if (url === null) return 'a URL that starts with postgres:// or postgresql://';
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return 'a URL in whose user name and password every "%" that begins no escape is written "%25"';
  }
  for (const name of FILES) {
    const file = url.searchParams.get(name);
    if (file !== null && !isReadable(file)) return `a URL whose ${name} is a file that can be read`;
  }
  return null;
}

/** The database's location for display, and its password; like the driver, prefers the query's values. */
export function readDatabaseUrl(text: string): { place: string; password: string } {
  const url = parse(text);
  if (url === null) throw new TypeError('The URL of the database is not valid');
  const host = url.searchParams.get('host') ?? url.host;
  return { place: `${host}${url.pathname}`, password: url.searchParams.get('password') ?? url.password };
}

/** A URL with its host only in the query (`postgres://user@/name?host=/var/run/postgresql`) doesn't parse. */
function parse(text: string): URL | null {
  return URL.parse(text) ?? URL.parse(text.replace('@/', '@localhost/'));
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
