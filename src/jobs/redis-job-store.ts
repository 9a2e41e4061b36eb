import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createRedisBackend, type IQueueBackend, type QueueBaseOptions } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { becomesReady, connectRedis, type RedisSettings } from '../realtime/support/redis-connection.js';
import { type BackendRole, JobStore } from './job-store.js';
import { QuietErrorLog } from '../realtime/support/quiet-error-log.js';

const PATIENCE_MS = 2_000;
const REFUSAL_PAUSE_MS = 1_000;

/** Jobs in Redis, shared by all nodes. */
export class RedisJobStore extends JobStore {
  private constructor(
    /** For queues: fails at once while disconnected, and does not resend unanswered commands. */
    private readonly producer: Redis | Cluster,
    /** For workers and listeners, which duplicate it for their blocking commands. */
    private readonly consumer: Redis | Cluster,
  ) {
    super();
  }

  /** Connects. A Redis that is not up yet delays the start only briefly. */
  static async open(settings: RedisSettings): Promise<RedisJobStore> {
    const log = new QuietErrorLog(new Logger('Jobs'), 'Redis connection for jobs');
    const onError = (error: Error): void => log.report(error);
    const producer = connectRedis(settings, {
      onError,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      commandTimeout: PATIENCE_MS,
      connectionName: 'herald:jobs:producer',
    });
    const consumer = connectRedis(settings, {
      onError,
      maxRetriesPerRequest: null,
      connectionName: 'herald:jobs:consumer',
    });
    // Waits, so that jobs added right after the start don't fail.
    await becomesReady(producer, PATIENCE_MS);
    return new RedisJobStore(producer, consumer);
  }

  override createBackend(name: string, options: QueueBaseOptions, role?: BackendRole): IQueueBackend {
    if (role?.blocking === true || role?.withBlockingConnection === true) {
      // BullMQ reads the version with INFO, which managed Redis may refuse, and would retry without a pause.
      const backend = createRedisBackend(name, { ...options, skipVersionCheck: true, connection: this.consumer }, role);
      return pausingWhenRefused(backend);
    }
    // Otherwise the first command would wait for the connection, without a limit.
    const impatient = { skipWaitingForReady: true, skipVersionCheck: true };
    const backend = createRedisBackend(name, { ...options, ...impatient, connection: this.producer }, role);
    // The producer's own listener logs these errors. BullMQ would also print those that occur before a queue has a listener.
    const emit = backend.emit.bind(backend);
    backend.emit = (event: string, ...values: unknown[]) => event !== 'error' && emit(event, ...values);
    return backend;
  }

  override isReachable(): Promise<boolean> {
    return this.producer.ping().then(
      () => true,
      () => false,
    );
  }

  override close(): Promise<void> {
    this.producer.disconnect();
    this.consumer.disconnect();
    return Promise.resolve();
  }
}

/** After an error that is not a connection error, such as a missing right, BullMQ would fetch the next job at once. */
function pausingWhenRefused(backend: IQueueBackend): IQueueBackend {
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      // BullMQ declares it as any[].
      // eslint-disable-next-line @typescript-eslint/no-unsafe-return
      return await moveToActive(token, name);
    } catch (error) {
      await wait(REFUSAL_PAUSE_MS, undefined, { ref: false });
      throw error;
    }
  };
  return backend;
}
