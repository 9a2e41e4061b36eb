import { accessSync, constants } from 'node:fs';

const SCHEME = /^postgres(?:ql)?:\/\//i;

/** Parameters that name a file, which the driver reads before it connects. */
const FILES = ['sslcert', 'sslkey', 'sslrootcert'];

/** What a URL of Postgres would have to be, where the driver would stumble over it before it asks the server; null if nothing. */
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

/** Where the database is, for people to read, and its password; the query comes first, as it does for the driver. */
export function readDatabaseUrl(text: string): { place: string; password: string } {
  const url = parse(text);
  if (url === null) throw new TypeError('The URL of the database is not valid');
  const host = url.searchParams.get('host') ?? url.host;
  return { place: `${host}${url.pathname}`, password: url.searchParams.get('password') ?? url.password };
}

/** The host may be in the query alone (`postgres://user@/name?host=/var/run/postgresql`), which is no URL of the standard. */
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
