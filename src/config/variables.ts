import { wantedOfDatabaseUrl } from './database-url.js';
import { type HostAndPort, type OriginPattern, parseHost, parseHostAndPort, parseOriginPattern } from './values.js';

const NOT_SHOWN = 'a value that is not shown here';

/** Thrown at start-up: lists every environment variable that is set wrongly, so that one run shows them all. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(readonly problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/**
 * Reads typed values out of environment variables and collects what is wrong with them.
 *
 * An empty variable counts as unset, because compose files and shells pass unset ones on as empty. A value that can be a
 * secret is never repeated in a message.
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

  /** A URL of HTTP, as it is given: to some providers a slash at its end makes another address. */
  url(name: string): string | null {
    const raw = this.text(name);
    if (raw === null) return null;
    if (hasCredentials(raw)) return this.refuse(name, NOT_SHOWN, 'a URL without user name and password', null);
    if (/^https?:\/\//i.test(raw) && URL.canParse(raw)) return raw;
    return this.refuse(name, raw, 'a URL that starts with http:// or https://', null);
  }

  /** A URL of Postgres, which mostly holds a password. */
  databaseUrl(name: string): string | null {
    const raw = this.text(name);
    if (raw === null) return null;
    const wanted = wantedOfDatabaseUrl(raw);
    return wanted === null ? raw : this.refuse(name, NOT_SHOWN, wanted, null);
  }

  /** A host alone; one of IPv6 comes without its brackets. */
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

  /** Notes what is wrong with a variable, or with several of them together. */
  problem(message: string): void {
    this.problems.push(message);
  }

  /** Notes that the value of a variable is wrong, and gives the fallback. The value is repeated unless it may hold a password. */
  refuse<T>(name: string, got: string, wanted: string, fallback: T): T {
    // What stands before an "@" is mostly a password, in a URL too broken to be told from another text.
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
