import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RealtimeSettings } from '../settings.js';
import { Heartbeat } from './heartbeat.js';
import type { Connections } from './connections.js';

const INTERVAL = 1_000;

/** A peer that answers pings at once, or never. */
class Peer {
  lastSeenAt = performance.now();
  lastPingAt = this.lastSeenAt - Math.random() * INTERVAL;
  endedAt: number | null = null;
  pings = 0;
  expiresAt = Infinity;

  constructor(private readonly isDead: boolean) {}

  hasExpired(time: number): boolean {
    return this.expiresAt <= time;
  }

  close(): void {
    this.endedAt = performance.now();
  }

  ping(): void {
    this.pings += 1;
    this.lastPingAt = performance.now();
    if (!this.isDead) this.lastSeenAt = performance.now();
  }

  terminate(): void {
    this.endedAt = performance.now();
  }
}

describe('Heartbeat', () => {
  let peers: Peer[];
  let heartbeat: Heartbeat;

  beforeEach(() => {
    jest.useFakeTimers();
    peers = Array.from({ length: 10_000 }, (_, index) => new Peer(index % 10 < 3));
    const connections = { all: () => peers.filter(({ endedAt }) => endedAt === null).values() };
    const settings = { limits: { heartbeatIntervalMs: INTERVAL } };
    heartbeat = new Heartbeat(settings as RealtimeSettings, connections as unknown as Connections);
    heartbeat.onModuleInit();
  });
  afterEach(() => {
    heartbeat.onApplicationShutdown();
    jest.useRealTimers();
  });

  // @abuse SLOW-14
  it('drops all peers that are silent for two intervals, not earlier, and no others', () => {
    const start = performance.now();
    jest.advanceTimersByTime(1.9 * INTERVAL);
    expect(peers.every(({ endedAt }) => endedAt === null)).toBe(true);
    jest.advanceTimersByTime(0.4 * INTERVAL);
    const dead = peers.filter((_, index) => index % 10 < 3);
    for (const { endedAt } of dead) expect((endedAt ?? 0) - start).toBeGreaterThanOrEqual(2 * INTERVAL);
    jest.advanceTimersByTime(10 * INTERVAL);
    expect(peers.filter(({ endedAt }) => endedAt === null)).toHaveLength(7_000);
  });

  it('closes connections whose token has expired, within a second', () => {
    heartbeat.onApplicationShutdown();
    const settings = { limits: { heartbeatIntervalMs: 25_000 } };
    const connections = { all: () => peers.filter(({ endedAt }) => endedAt === null).values() };
    heartbeat = new Heartbeat(settings as RealtimeSettings, connections as unknown as Connections);
    heartbeat.onModuleInit();
    const [short, long] = [peers.at(-1), peers.at(-2)];
    if (short === undefined || long === undefined) throw new Error('There are no peers');
    short.expiresAt = Date.now() + 500;
    // Longer than a Node timer can take: it would fire at once.
    long.expiresAt = Date.now() + 2 ** 32;
    jest.advanceTimersByTime(400);
    expect(short.endedAt).toBeNull();
    jest.advanceTimersByTime(1_100);
    expect([short.endedAt === null, long.endedAt]).toEqual([false, null]);
  });

  // @abuse SLOW-14
  it('pings a tenth of all peers at a time, even if all connected at once', () => {
    jest.advanceTimersByTime(3 * INTERVAL);
    for (let sweep = 0; sweep < 10; sweep += 1) {
      const before = peers.reduce((sum, { pings }) => sum + pings, 0);
      jest.advanceTimersByTime(INTERVAL / 10);
      const pings = peers.reduce((sum, peer) => sum + peer.pings, 0) - before;
      expect(pings).toBeGreaterThan(400);
      expect(pings).toBeLessThan(1_000);
    }
  });

  it('drops no peer because this process was stalled', () => {
    jest.advanceTimersByTime(3 * INTERVAL);
    const left = peers.filter(({ endedAt }) => endedAt === null).length;
    jest.setSystemTime(Date.now() + 60_000);
    for (const peer of peers) {
      peer.lastPingAt -= 60_000;
      peer.lastSeenAt -= 60_000;
    }
    jest.advanceTimersByTime(3 * INTERVAL);
    expect(peers.filter(({ endedAt }) => endedAt === null)).toHaveLength(left);
  });
});
