import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../../config/environment.js';
import { Connections } from './connections.js';

/** How many times an interval the connections are looked through: spreads the pings, and bounds how late one is. */
const SWEEPS_PER_INTERVAL = 10;

/** Asks quiet peers for a sign of life, and drops those that were silent for two intervals. */
@Injectable()
export class Heartbeat implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly environment: Environment,
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
    return this.environment.ws.heartbeatIntervalMs;
  }

  private sweep(now: number): void {
    for (const connection of this.connections.all()) {
      const { lastPingAt, lastSeenAt } = connection;
      if (now - lastPingAt < this.interval) continue;
      // Judged by the ping as well: after this process was stalled, every peer seems to have been silent.
      if (lastPingAt <= lastSeenAt) connection.ping();
      else if (now - lastSeenAt >= 2 * this.interval) connection.terminate();
    }
  }
}
