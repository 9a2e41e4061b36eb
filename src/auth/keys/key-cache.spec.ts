import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KeysUnavailableError, TokenRejectedError } from '../token-errors.js';
import { KeyCache } from './key-cache.js';
import { KeySource, SourceBusyError } from './key-source.js';

const jwk = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' });

/** Publishes the keys with these ids, or fails, and holds its answers back on demand. */
class FakeSource extends KeySource {
  kids: string[] = ['a'];
  isDown = false;
  /** Its `Retry-After` while it is down. */
  retryAfterMs: number | null = null;
  fetches = 0;
  /** Holds answers back until it resolves. */
  gate: Promise<void> = Promise.resolve();

  override async fetch(): Promise<readonly unknown[]> {
    this.fetches += 1;
    await this.gate;
    if (this.isDown && this.retryAfterMs !== null) throw new SourceBusyError('too many requests', this.retryAfterMs);
    if (this.isDown) throw new Error('connection refused');
    return this.kids.map((kid) => ({ ...jwk, kid }));
  }
}

function setUp(coolDownMs = 5_000): {
  source: FakeSource;
  cache: KeyCache;
  find: (kid: string | null) => Promise<unknown>;
  wait: Wait;
} {
  const source = new FakeSource();
  let now = 0;
  const cache = new KeyCache(source, { coolDownMs, maxAgeMs: 600_000, clock: () => now });
  return {
    source,
    cache,
    find: (kid) => cache.find({ kid, alg: 'RS256' }),
    wait: (ms) => {
      now += ms;
    },
  };
}

type Wait = (ms: number) => void;

describe('KeyCache', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
  });

  // @abuse JWKS-22
  it('fetches once for all waiting tokens, and once for all that use an old set', async () => {
    const { source, find, wait } = setUp();
    const storm = () => Promise.all(Array.from({ length: 10_000 }, () => find('a')));
    await storm();
    await find('a');
    expect(source.fetches).toBe(1);
    wait(600_000);
    await storm();
    expect(source.fetches).toBe(2);
  });

  // @abuse JWKS-21
  it('knows all keys of a set after one fetch', async () => {
    const { source, find } = setUp();
    source.kids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (let round = 0; round < 8; round += 1) for (const kid of source.kids) await find(kid);
    expect(source.fetches).toBe(1);
  });

  // @abuse JWKS-14
  it('leaves a source alone for as long as it asks, but no longer than a minute', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    wait(5_000);
    source.isDown = true;
    for (const [retryAfterMs, waitMs] of [
      [0, 5_000],
      [20_000, 20_000],
      [3_600_000, 60_000],
      [Infinity, 60_000],
    ] as const) {
      source.retryAfterMs = retryAfterMs;
      await expect(find('b')).rejects.toBeInstanceOf(KeysUnavailableError);
      const { fetches } = source;
      wait(waitMs - 1);
      await expect(find('b')).rejects.toBeInstanceOf(KeysUnavailableError);
      expect(source.fetches).toBe(fetches);
      wait(1);
    }
    source.isDown = false;
    source.kids = ['b'];
    await expect(find('b')).resolves.toBeDefined();
  });

  // @abuse JWKS-03
  it('costs the source one fetch for each cool-down, however forged tokens name their key', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    for (let ms = 0; ms < 60_000; ms += 50) {
      await find(`forged-${ms}`).catch(() => undefined);
      await find(null);
      wait(50);
    }
    expect(source.fetches).toBeLessThanOrEqual(13);
  });

  // @abuse JWKS-03
  it('asks a slow source earlier, so that a rotated key still arrives in time', async () => {
    const { source, find, wait } = setUp(9_000);
    await find('a');
    wait(9_000);
    let answer = (): void => undefined;
    source.gate = new Promise((resolve) => (answer = resolve));
    const forged = find('forged');
    wait(3_000);
    answer();
    await expect(forged).rejects.toBeInstanceOf(TokenRejectedError);
    source.kids = ['a', 'b'];
    wait(2_999);
    await expect(find('b')).rejects.toBeInstanceOf(TokenRejectedError);
    wait(1);
    await expect(find('b')).resolves.toBeDefined();
  });

  it('reports unavailable keys, not a bad token, as soon as the source is down', async () => {
    const { cache, source, find } = setUp();
    cache.onApplicationBootstrap();
    await find('a');
    source.isDown = true;
    await expect(find('b')).rejects.toBeInstanceOf(KeysUnavailableError);
    await expect(find('a')).resolves.toBeDefined();
  });

  it('accepts a rotated key at its first use if there was no recent fetch', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    wait(5_000);
    source.kids = ['b'];
    await expect(find('b')).resolves.toBeDefined();
    expect(source.fetches).toBe(2);
  });

  // @abuse JWKS-03
  it('accepts a rotated key within 10 s under a flood of forged kids, with one fetch for each cool-down', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    const acceptedAfter: number[] = [];
    for (let ms = 0; ms <= 60_000; ms += 50) {
      if (ms === 30_000) source.kids = ['a', 'b'];
      await expect(find(`forged-${ms}`)).rejects.toBeInstanceOf(TokenRejectedError);
      await expect(find('a')).resolves.toBeDefined();
      if (ms >= 30_000)
        await find('b').then(
          () => acceptedAfter.push(ms - 30_000),
          () => undefined,
        );
      wait(50);
    }
    expect(acceptedAfter[0]).toBeLessThanOrEqual(5_000);
    expect(source.fetches).toBeLessThanOrEqual(13);
  });

  it('refuses an unknown kid, without asking again, while the last fetch is recent', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    wait(4_999);
    await expect(find('b')).rejects.toMatchObject({ name: 'TokenRejectedError', reason: 'token_invalid' });
    expect(source.fetches).toBe(1);
  });

  it('keeps known keys in use while the source is down, and reports unknown ones as unavailable', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    source.isDown = true;
    wait(3_600_000);
    await expect(find('a')).resolves.toBeDefined();
    await expect(find('b')).rejects.toBeInstanceOf(KeysUnavailableError);
    await expect(find('b')).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(source.fetches).toBe(2);
  });

  it('reports unavailable keys while none were ever fetched, and recovers', async () => {
    const { source, cache, find, wait } = setUp();
    source.isDown = true;
    await expect(find('a')).rejects.toBeInstanceOf(KeysUnavailableError);
    await expect(find(null)).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(cache.isReady()).toBe(false);
    source.isDown = false;
    wait(5_000);
    await expect(find('a')).resolves.toBeDefined();
    expect(cache.isReady()).toBe(true);
  });

  it('does not make tokens with known keys wait for a source that hangs', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    let open = (): void => undefined;
    source.gate = new Promise((resolve) => (open = resolve));
    wait(600_000);
    await expect(find('a')).resolves.toBeDefined();
    const waiting = find('b');
    await expect(find('a')).resolves.toBeDefined();
    source.kids = ['a', 'b'];
    open();
    await expect(waiting).resolves.toBeDefined();
    expect(source.fetches).toBe(2);
  });

  it('renews an old set in the background, and drops withdrawn keys', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    source.kids = ['b'];
    wait(600_000);
    await expect(find('a')).resolves.toBeDefined();
    await expect(find('b')).resolves.toBeDefined();
    await expect(find('a')).rejects.toBeInstanceOf(TokenRejectedError);
    await expect(find('a')).rejects.toBeInstanceOf(TokenRejectedError);
    // The renewal, and one fetch for the key that is no longer known.
    expect(source.fetches).toBe(3);
  });

  it('keeps its keys if an answer has none that can verify', async () => {
    const { source, find, wait } = setUp();
    await find('a');
    source.kids = [];
    wait(600_000);
    await find('a');
    await expect(find('b')).rejects.toBeInstanceOf(KeysUnavailableError);
    await expect(find('a')).resolves.toBeDefined();
  });

  it('renews the set for tokens without a kid once in each cool-down, as they do not show a rotation', async () => {
    const { source, find, wait } = setUp();
    const before = await find(null);
    wait(5_000);
    await find(null);
    await expect(find('unknown')).rejects.toBeInstanceOf(TokenRejectedError);
    await expect(find(null)).resolves.not.toBe(before);
    expect(source.fetches).toBe(2);
  });

  it('fetches keys when asked whether it is ready', async () => {
    const { source, cache, find } = setUp();
    expect(cache.isReady()).toBe(false);
    await find('a');
    expect(cache.isReady()).toBe(true);
    expect(source.fetches).toBe(1);
  });
});
