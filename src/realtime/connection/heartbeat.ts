import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { CLOSE } from './close-code.js';
import { Connections } from './connections.js';

/** How many sweeps over the connections an interval has at least: spreads the pings, and bounds how late one is. */
const SWEEPS_PER_INTERVAL = 10;
/** How late a connection may be closed whose token has expired. */
const LONGEST_SWEEP_MS = 1_000;

/**
 * Pings every peer once an interval, drops those that were silent for two, and closes connections whose token has expired.
 * One timer for all: a connection needs none of its own.
 */
@Injectable()
export class Heartbeat implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    const sweepMs = Math.min(LONGEST_SWEEP_MS, this.interval / SWEEPS_PER_INTERVAL);
    this.timer = setInterval(() => this.sweep(performance.now(), Date.now()), sweepMs);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private get interval(): number {
    return this.settings.limits.heartbeatIntervalMs;
  }

  /** @param time by the wall clock, which tokens go by */
  private sweep(now: number, time: number): void {
    for (const connection of this.connections.all()) {
      if (connection.hasExpired(time)) {
        connection.close(CLOSE.tokenExpired);
        continue;
      }
      const { lastPingAt, lastSeenAt } = connection;
      if (now - lastPingAt < this.interval) continue;
      // Drop only peers that were pinged since: after a stall of this process, all peers seem to have been silent.
      if (lastPingAt <= lastSeenAt) connection.ping();
      else if (now - lastSeenAt >= 2 * this.interval) connection.terminate();
    }
  }
}
