import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Cluster, Redis } from 'ioredis';
import { Counter, type Registry } from 'prom-client';
import { QuietErrorLog } from '../../realtime/support/quiet-error-log.js';
import { becomesReady, connectRedis, type RedisSettings } from '../../realtime/support/redis-connection.js';
import { MemoryThrottlerStorage } from './memory-throttler-storage.js';
import { recordOf, type RequestWindow, type ThrottlerRecord } from './request-window.js';

/** KEYS: the window. ARGV: its length in ms. Returns its requests, and its remaining ms. */
const COUNT_SCRIPT = `
local requests = redis.call('INCR', KEYS[1])
if requests == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return { requests, redis.call('PTTL', KEYS[1]) }
`;

const START_TIMEOUT_MS = 3_000;
/** How long a request may wait for its count. */
const COMMAND_TIMEOUT_MS = 250;
const SOCKET_TIMEOUT_MS = 1_000;
/** Pause after a failure, so that requests don't all wait during an outage. */
const PAUSE_MS = 1_000;

type Commands = (Redis | Cluster) & {
  heraldCountRequest(numberOfKeys: 1, key: string, windowMs: number): Promise<[requests: number, endsInMs: number]>;
};

/**
 * Counts the requests to all nodes, in one key for each tracker. While Redis does not answer, each process counts its own requests,
 * as counting must not fail a request.
 */
export class RedisThrottlerStorage implements ThrottlerStorage, OnModuleInit, OnApplicationShutdown {
  private readonly log = new QuietErrorLog(new Logger('RateLimit'), 'Redis connection for the rate limit');
  private readonly own = new MemoryThrottlerStorage();
  private readonly prefix: string;
  private readonly commands: Commands;
  private readonly fallbacks: Counter;
  private pausedUntil = -Infinity;

  constructor(settings: RedisSettings, registry: Registry, commandTimeoutMs = COMMAND_TIMEOUT_MS) {
    this.prefix = `herald:${settings.db}:requests:`;
    this.fallbacks = new Counter({
      name: 'herald_http_requests_counted_locally_total',
      help: 'HTTP requests counted by this process alone, because Redis did not answer',
      registers: [registry],
    });
    this.commands = withScript(
      connectRedis(settings, {
        onError: (error) => this.log.report(error),
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
        commandTimeout: commandTimeoutMs,
        socketTimeout: SOCKET_TIMEOUT_MS,
      }),
    );
  }

  async onModuleInit(): Promise<void> {
    await becomesReady(this.commands, START_TIMEOUT_MS);
  }

  async increment(key: string, ttlMs: number, limit: number): Promise<ThrottlerRecord> {
    const window = await this.count(key, ttlMs);
    if (window !== null) return recordOf(window, limit);
    this.fallbacks.inc();
    return this.own.increment(key, ttlMs, limit);
  }

  onApplicationShutdown(): void {
    this.commands.disconnect();
  }

  /** Null if Redis did not answer. */
  private async count(key: string, windowMs: number): Promise<RequestWindow | null> {
    if (performance.now() < this.pausedUntil) return null;
    try {
      const [requests, endsInMs] = await this.commands.heraldCountRequest(1, this.prefix + key, windowMs);
      return { requests, endsInMs };
    } catch (error) {
      this.log.report(error instanceof Error ? error : new Error(String(error)));
      this.pausedUntil = performance.now() + PAUSE_MS;
      return null;
    }
  }
}

function withScript(connection: Redis | Cluster): Commands {
  connection.defineCommand('heraldCountRequest', { lua: COUNT_SCRIPT });
  // `defineCommand` has just added it.
  return connection as Commands;
}
