import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { Connections } from './connections.js';

/** How many sweeps over the connections an interval has: spreads the pings, and bounds how late one is. */
const SWEEPS_PER_INTERVAL = 10;

/** Pings every peer once an interval, and drops those that were silent for two. */
@Injectable()
export class Heartbeat implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.sweep(performance.now()), this.interval / SWEEPS_PER_INTERVAL);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private get interval(): number {
    return this.settings.limits.heartbeatIntervalMs;
  }

  private sweep(now: number): void {
    for (const connection of this.connections.all()) {
      const { lastPingAt, lastSeenAt } = connection;
      if (now - lastPingAt < this.interval) continue;
      // Drop only peers that were pinged since: after a stall of this process, all peers seem to have been silent.
      if (lastPingAt <= lastSeenAt) connection.ping();
      else if (now - lastSeenAt >= 2 * this.interval) connection.terminate();
    }
  }
}
