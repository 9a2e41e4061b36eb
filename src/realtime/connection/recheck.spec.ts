import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { Environment } from '../../config/environment.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Close } from './close-code.js';
import type { Connection } from './connection.js';
import type { GuardedGateway } from './gateway-registry.js';
import type { Admitted } from './handshake.js';
import type { Hub } from './hub.js';
import { LiveConnections } from './live-connections.js';
import { Recheck } from './recheck.js';

const INTERVAL_MS = 30_000;
const SWEEP_MS = 3_000;

/** A connection as far as it is asked about. */
class Peer {
  recheckAt = Infinity;
  isOpen = true;
  closedWith: Close | null = null;

  constructor(
    readonly id: string,
    readonly gateway: GuardedGateway,
  ) {}

  close(close: Close): void {
    this.isOpen = false;
    this.closedWith = close;
  }
}

/** A gateway that remembers what it was asked, and when. */
class AskedGateway implements GuardedGateway {
  readonly questions: { at: number; about: readonly unknown[] }[] = [];
  readonly ended = new Set<unknown>();
  failure: Error | null = null;

  admit = (): never => {
    throw new Error('Nobody comes to this door');
  };

  lapsed = (admitted: readonly Admitted[]): Promise<Admitted[]> => {
    this.questions.push({ at: performance.now(), about: admitted });
    return this.failure === null
      ? Promise.resolve(admitted.filter((each) => this.ended.has(each)))
      : Promise.reject(this.failure);
  };

  timesOf(peer: Peer): number[] {
    return this.questions.filter(({ about }) => about.includes(peer)).map(({ at }) => at);
  }
}

let live: LiveConnections;
let recheck: Recheck;
/** What the hub waits for after the broker was away. */
let clear: () => Promise<void>;
let gateway: AskedGateway;

beforeEach(() => {
  jest.useFakeTimers();
  Logger.overrideLogger(false);
  live = new LiveConnections();
  gateway = new AskedGateway();
  const dataSource = { query: () => Promise.resolve([]) } as unknown as DataSource;
  const hub = { clearBeforeResuming: (work: () => Promise<void>) => void (clear = work) } as unknown as Hub;
  recheck = new Recheck(dataSource, live, hub, new RealtimeMetrics(new Registry()), new Environment({}));
  recheck.onApplicationBootstrap();
});
afterEach(async () => {
  await recheck.beforeApplicationShutdown();
  jest.useRealTimers();
});

/** Lets peers come, all in the same moment. */
function come(count: number, to: GuardedGateway = gateway): Peer[] {
  const peers = Array.from({ length: count }, (_, index) => new Peer(`${index}`, to));
  for (const peer of peers) live.enter(peer as unknown as Connection);
  return peers;
}

describe('the re-check', () => {
  it('asks about each of 10,000 connections within an interval, in few questions that are spread', async () => {
    const peers = come(10_000);
    await jest.advanceTimersByTimeAsync(INTERVAL_MS / 2 - 1);
    expect(gateway.questions).toEqual([]);
    await jest.advanceTimersByTimeAsync(INTERVAL_MS / 2 + SWEEP_MS);
    const asked = new Set(gateway.questions.flatMap(({ about }) => about));
    expect(peers.filter((peer) => !asked.has(peer))).toEqual([]);
    expect(gateway.questions.length).toBeLessThanOrEqual(25);
    expect(Math.max(...gateway.questions.map(({ about }) => about.length))).toBeLessThanOrEqual(1_000);
    expect(new Set(gateway.questions.map(({ at }) => at)).size).toBeGreaterThanOrEqual(5);
  });

  it('asks about each again and again, and never long apart', async () => {
    const [peer] = come(1);
    if (peer === undefined) throw new Error('Nobody has come');
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    const times = [0, ...gateway.timesOf(peer)];
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.length).toBeGreaterThanOrEqual(9);
    expect(Math.max(...pauses.slice(1))).toBeLessThanOrEqual(INTERVAL_MS + SWEEP_MS);
    expect(Math.min(...pauses.slice(1))).toBeGreaterThanOrEqual(INTERVAL_MS / 2);
  });

  it('closes whom the gateway would not have any more, and nobody else', async () => {
    const [gone, other] = come(2);
    gateway.ended.add(gone);
    await jest.advanceTimersByTimeAsync(INTERVAL_MS + SWEEP_MS);
    expect(gone?.closedWith).toEqual({ code: 4003, reason: 'not_a_member' });
    expect(other?.closedWith).toBeNull();
  });

  it('closes nobody while it gets no answer, and asks again with each sweep', async () => {
    const [gone] = come(1);
    gateway.ended.add(gone);
    gateway.failure = new Error('the database is away');
    await jest.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(gone?.isOpen).toBe(true);
    expect(gateway.questions.length).toBeGreaterThan(10);
    gateway.failure = null;
    await jest.advanceTimersByTimeAsync(SWEEP_MS);
    expect(gone?.closedWith).toEqual({ code: 4003, reason: 'not_a_member' });
  });

  it('goes on with the other gateways when one can’t answer', async () => {
    const failing = new AskedGateway();
    failing.failure = new Error('broken');
    come(1, failing);
    const [gone] = come(1);
    gateway.ended.add(gone);
    await jest.advanceTimersByTimeAsync(INTERVAL_MS + SWEEP_MS);
    expect(gone?.isOpen).toBe(false);
  });

  // @abuse AUTHZ-08
  it('asks about all at once when the broker was away, and holds nobody up whom it gets no answer about', async () => {
    const [gone, other] = come(1_500);
    gateway.ended.add(gone);
    await clear();
    expect(gateway.questions.map(({ about }) => about.length)).toEqual([1_000, 500]);
    expect([gone?.isOpen, other?.isOpen]).toEqual([false, true]);
    gateway.failure = new Error('the database is away');
    await clear();
    expect(other?.isOpen).toBe(true);
  });

  it('asks nothing about gateways that only their token ends', async () => {
    const [peer] = come(1, { admit: gateway.admit, lapsed: null });
    await jest.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(peer?.isOpen).toBe(true);
    expect(gateway.questions).toEqual([]);
  });
});
