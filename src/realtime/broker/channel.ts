import { validate } from 'uuid';
import { isUserId, USER_ID_RULE } from '../support/user-id.js';

/** Whether a text is a valid id. A string is the id's canonical form, so that two spellings name one channel. */
export interface IdCheck {
  (text: string): boolean | string;
  /** What it accepts, for error messages. */
  rule?: string;
}

/** What a channel's `of` takes: the id, or an object where several ids name the channel. */
export type IdsOf<Parts> = IsUnion<keyof Parts> extends true ? Readonly<Record<keyof Parts, string>> : string;

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

/** Channels of one kind, made by `defineChannel`. `Events`: the classes of the events' data, by type. */
export interface ChannelKind<Parts = Record<string, IdCheck>, Events = unknown> {
  readonly kind: string;
  /** @throws {TypeError} naming the id that is not valid */
  of(ids: IdsOf<Parts>): Channel<Events>;
}

const KIND = /^[a-z][a-z0-9_-]{0,31}$/;
/** Begins the names of topics, which are not channels. */
const RESERVED_KIND = 'signal';
const LONGEST_ID = 1_000;

const kinds = new Map<string, readonly [name: string, check: IdCheck][]>();

/**
 * The address of a stream of messages, such as one user's notifications or one organization's events. Only this file
 * builds channel names: different ids have different names.
 */
export class Channel<Events = unknown> {
  /** For the compiler only: what `publish` takes. */
  declare protected readonly carries?: Events;

  private constructor(
    readonly kind: string,
    /** The id in its canonical form; several ids are encoded and joined by colons. */
    readonly id: string,
    /** Safe in Redis keys and hash tags: no braces and no spaces. */
    readonly name: string,
  ) {}

  /**
   * @param kind such as `project`: lower-case letters, digits, `-` and `_`
   * @param parts a check for each id that names a channel of this kind
   * @throws {TypeError} if the kind is not valid, or already defined
   */
  static define<Parts extends Readonly<Record<string, IdCheck>>, Events = unknown>(
    kind: string,
    parts: Parts,
  ): ChannelKind<Parts, Events> {
    if (!KIND.test(kind) || kind === RESERVED_KIND) {
      throw new TypeError(`channel kind: takes a short lower-case word, got ${JSON.stringify(kind)}`);
    }
    if (kinds.has(kind)) throw new TypeError(`channel kind: ${kind} is already defined`);
    const checks = Object.entries(parts);
    if (checks.length === 0) throw new TypeError(`channel kind: ${kind} takes a check for each of its ids`);
    kinds.set(kind, checks);
    return {
      kind,
      // Of one id never an object, which might have a field of that name.
      of: (ids): Channel<Events> =>
        Channel.make(kind, checks.length === 1 ? { [checks[0]?.[0] ?? '']: ids } : fieldsOf(ids)),
    };
  }

  /**
   * Parses a channel's name, as stored in the outbox. A kind that this process doesn't know may be that of a newer
   * version, whose messages it publishes all the same.
   * @throws {TypeError} if no channel has that name
   */
  static parse(name: string): Channel {
    const [kind = '', ...encoded] = name.split(':');
    const checks = kinds.get(kind);
    try {
      const ids = encoded.map(decodeURIComponent);
      const parts = checks?.map(([part], index): [string, string] => [part, ids[index] ?? '']);
      const channel = parts === undefined ? Channel.named(kind, ids) : Channel.make(kind, Object.fromEntries(parts));
      if (channel.name === name && KIND.test(kind)) return channel;
    } catch {
      // Reported below.
    }
    throw new TypeError(`channel name: takes <kind>:<id>, got ${JSON.stringify(name.slice(0, 100))}`);
  }

  private static make<Events>(kind: string, ids: Readonly<Record<string, unknown>>): Channel<Events> {
    const checks = kinds.get(kind) ?? [];
    return Channel.named<Events>(
      kind,
      checks.map(([part, check]) => canonical(`${kind} ${part}`, ids[part], check)),
    );
  }

  private static named<Events>(kind: string, ids: readonly string[]): Channel<Events> {
    if (ids.length === 0 || ids.includes('')) throw new TypeError(`${kind}: takes an id`);
    const encoded = ids.map(encodeURIComponent).join(':');
    return new Channel<Events>(kind, ids.length === 1 ? copyOf(ids[0] ?? '') : encoded, `${kind}:${encoded}`);
  }
}

/** Accepts UUIDs; capitals are the same UUID. */
export const isUuid: IdCheck = Object.assign((text: string) => validate(text) && text.toLowerCase(), {
  rule: 'a UUID',
});

/** A user's notifications. */
export const userChannel = Channel.define('user', {
  id: Object.assign((text: string) => isUserId(text), { rule: USER_ID_RULE }),
});

/** An organization's events. */
export const orgChannel = Channel.define('org', { id: isUuid });

/** An id is often a slice of a URL, which it would keep in memory with the token that the URL may hold. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

function fieldsOf(ids: unknown): Record<string, unknown> {
  return typeof ids === 'object' && ids !== null ? { ...ids } : {};
}

function canonical(what: string, text: unknown, check: IdCheck): string {
  const isUsable = typeof text === 'string' && text !== '' && text.length <= LONGEST_ID && text.isWellFormed();
  const checked = isUsable && check(text);
  if (typeof checked === 'string') return checked;
  if (checked && typeof text === 'string') return text;
  throw new TypeError(`${what}: takes ${check.rule ?? 'another id'}`);
}
