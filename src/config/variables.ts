import { wantedOfDatabaseUrl } from './database-url.js';
import { type OriginPattern, parseOriginPattern } from '../realtime/support/origin.js';
import { type HostAndPort, parseHost, parseHostAndPort } from './values.js';

const NOT_SHOWN = 'a value that is not shown here';

/** Thrown at start: lists all invalid environment variables, so that one run shows every problem. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(readonly problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/**
 * Reads typed values from environment variables, and collects problems.
 *
 * An empty variable counts as unset, because compose files and shells pass unset variables on as empty. Messages never repeat a
 * value that may be a secret.
 */
export class Variables {
  readonly problems: string[] = [];

  constructor(private readonly source: Readonly<Record<string, string | undefined>>) {}

  text(name: string): string | null {
    const value = this.source[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  isSet(name: string): boolean {
    return this.text(name) !== null;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const raw = this.text(name);
    if (raw === null) return fallback;
    const value = Number(raw);
    if (/^\d+$/.test(raw) && value >= min && value <= max) return value;
    return this.refuse(name, raw, `a whole number from ${min} to ${max}`, fallback);
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.choice(name, ['true', 'false'], fallback ? 'true' : 'false') === 'true';
  }

  choice<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const raw = this.text(name);
    if (raw === null) return fallback;
    const choice = choices.find((candidate) => candidate === raw);
    return choice ?? this.refuse(name, raw, `one of ${choices.join(', ')}`, fallback);
  }

  /** An HTTP URL, unchanged: for some providers a trailing slash makes a difference. */
  url(name: string): string | null {
    const raw = this.text(name);
    if (raw === null) return null;
    if (hasCredentials(raw)) return this.refuse(name, NOT_SHOWN, 'a URL without user name and password', null);
    if (/^https?:\/\//i.test(raw) && URL.canParse(raw)) return raw;
    return this.refuse(name, raw, 'a URL that starts with http:// or https://', null);
  }

  /** A Postgres URL, never shown because it usually contains a password. */
  databaseUrl(name: string): string | null {
    const raw = this.text(name);
    if (raw === null) return null;
    const wanted = wantedOfDatabaseUrl(raw);
    return wanted === null ? raw : this.refuse(name, NOT_SHOWN, wanted, null);
  }

  /** A host without a port; returns IPv6 addresses without brackets. */
  host(name: string): string | null {
    const raw = this.text(name);
    if (raw === null) return null;
    return (
      parseHost(raw) ?? this.refuse(name, raw, 'the name or address of a host alone, without scheme or port', null)
    );
  }

  hostsAndPorts(name: string): HostAndPort[] | null {
    return this.list(name, parseHostAndPort, 'a comma list of host:port');
  }

  origins(name: string): OriginPattern[] | null {
    return this.list(
      name,
      parseOriginPattern,
      'a comma list of [scheme://]host[:port], where the host may start with "*." (no path, no bare "*")',
    );
  }

  /** Adds a problem with one variable, or with several together. */
  problem(message: string): void {
    this.problems.push(message);
  }

  /** Adds a problem with the value of a variable, and returns the fallback. Shows the value unless it may contain a password. */
  refuse<T>(name: string, got: string, wanted: string, fallback: T): T {
    // Text before an "@" is probably a password, in a URL too malformed to parse.
    const showable = got.includes('@') ? NOT_SHOWN : got;
    const shown = showable.length > 100 ? `${showable.slice(0, 100)}…` : showable;
    this.problem(`${name}: got ${JSON.stringify(shown)}, takes ${wanted}`);
    return fallback;
  }

  private list<T>(name: string, parse: (item: string) => T | null, wanted: string): T[] | null {
    const raw = this.text(name);
    if (raw === null) return null;
    const items = raw.split(',').map((item) => item.trim());
    const values = items.map(parse).filter((value) => value !== null);
    return values.length === items.length ? values : this.refuse(name, raw, wanted, null);
  }
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}
