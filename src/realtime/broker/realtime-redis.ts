import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Cluster, Redis } from 'ioredis';
import { QuietErrorLog } from '../../runtime/quiet-error-log.js';
import type { RedisSettings } from '../../config/environment.js';
import { UnavailableError } from '../../http/errors.js';
import { connectRedis } from '../../redis/redis-connection.js';
import { RedisKeys } from './redis-keys.js';

/** How long Redis may take to answer a command. */
const COMMAND_TIMEOUT_MS = 2_000;
/** How long a connection on which an answer is due may be silent. */
const SOCKET_TIMEOUT_MS = 3_000;

/** The engine's Redis: the connection for commands that its parts share, and the names of what they keep there. */
@Injectable()
export class RealtimeRedis implements OnApplicationShutdown {
  readonly keys: RedisKeys;
  readonly commands: Redis | Cluster;
  private readonly logger = new Logger(RealtimeRedis.name);

  constructor(readonly settings: RedisSettings) {
    this.keys = new RedisKeys(settings.db);
    this.commands = this.connect('Redis, for publishing');
  }

  /**
   * One more connection, which is the caller's to close. Commands fail at once while Redis is away, and are never sent twice:
   * whoever asks knows better when to try again.
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
      // A connection that has died in silence is given up, where a command alone would only time out.
      socketTimeout: SOCKET_TIMEOUT_MS,
    });
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
