import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Cluster, Redis } from 'ioredis';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { UnavailableError } from '../support/errors.js';
import { connectRedis, type RedisSettings } from '../support/redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import { isRefusal } from './redis-links.js';

/** How long Redis may take to answer a command. */
const COMMAND_TIMEOUT_MS = 2_000;
/** How long a connection may stay silent while a reply is due. */
const SOCKET_TIMEOUT_MS = 3_000;

const STANDALONE = /^redis_mode:standalone/m;

/** The engine's Redis: the shared connection for commands, and the names of the keys. */
@Injectable()
export class RealtimeRedis implements OnApplicationShutdown {
  readonly keys: RedisKeys;
  readonly commands: Redis | Cluster;
  /** Null until it is known. */
  private isStandalone: boolean | null = null;
  private readonly logger = new Logger(RealtimeRedis.name);

  constructor(readonly settings: RedisSettings) {
    this.keys = new RedisKeys(settings.db);
    this.commands = this.connect('Redis, for publishing');
  }

  /**
   * Opens another connection; the caller closes it. Commands fail at once while Redis is down, and are never sent
   * twice: the caller decides when to retry.
   */
  connect(subject: string): Redis | Cluster {
    const log = new QuietErrorLog(this.logger, subject);
    return connectRedis(this.settings, {
      onError: (error) => log.report(error),
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: this.settings.mode === 'cluster',
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      // Drops a connection that died silently; `commandTimeout` fails only the command.
      socketTimeout: SOCKET_TIMEOUT_MS,
    });
  }

  /**
   * Whether the server that is asked knows all subscribers of a pub/sub channel: not where a cluster is behind one address,
   * as any of its servers may have them, nor where the server doesn't tell what it is. Never rejects.
   */
  async countsSubscribers(): Promise<boolean> {
    if (this.settings.mode === 'cluster') return true;
    if (this.isStandalone !== null) return this.isStandalone;
    try {
      this.isStandalone = STANDALONE.test(await this.commands.info('server'));
    } catch (error) {
      if (isRefusal(error)) this.isStandalone = false;
    }
    return this.isStandalone === true;
  }

  /** @throws {UnavailableError} whatever goes wrong */
  async ask<T>(command: (commands: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await command(this.commands);
    } catch (error) {
      throw new UnavailableError('redis', { cause: error });
    }
  }

  onApplicationShutdown(): void {
    this.commands.disconnect();
  }
}
