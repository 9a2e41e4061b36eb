import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createRedisBackend, type IQueueBackend, type QueueBaseOptions } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { RedisSettings } from '../config/environment.js';
import { becomesReady, connectRedis } from '../redis/redis-connection.js';
import { type BackendRole, JobStore } from './job-store.js';
import { QuietErrorLog } from '../runtime/quiet-error-log.js';

const PATIENCE_MS = 2_000;
const REFUSAL_PAUSE_MS = 1_000;

/** Jobs in Redis, shared by all nodes. */
export class RedisJobStore extends JobStore {
  private constructor(
    /** Of queues: refuses at once while there is no connection, and does not send again what got no answer. */
    private readonly producer: Redis | Cluster,
    /** Of workers and listeners, which also take connections like it for their blocking commands. */
    private readonly consumer: Redis | Cluster,
  ) {
    super();
  }

  /** Connects. A Redis that is not there yet does not hold up the start. */
  static async open(settings: RedisSettings): Promise<RedisJobStore> {
    const log = new QuietErrorLog(new Logger('Jobs'), 'Redis, for jobs');
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
    // Not to refuse the jobs of the first moments.
    await becomesReady(producer, PATIENCE_MS);
    return new RedisJobStore(producer, consumer);
  }

  override createBackend(name: string, options: QueueBaseOptions, role?: BackendRole): IQueueBackend {
    if (role?.blocking === true || role?.withBlockingConnection === true) {
      // The version is asked by INFO, which managed Redis withholds from its users; BullMQ would ask again without a pause.
      const backend = createRedisBackend(name, { ...options, skipVersionCheck: true, connection: this.consumer }, role);
      return pausingWhenRefused(backend);
    }
    // Neither waits for the connection before the first command, which would wait without an end.
    const impatient = { skipWaitingForReady: true, skipVersionCheck: true };
    const backend = createRedisBackend(name, { ...options, ...impatient, connection: this.producer }, role);
    // Its errors are those of the producer, which has a log. BullMQ prints what a queue tells before anybody listens to it.
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

/** BullMQ asks for the next job again at once after an error that is not the connection's, such as a right that is missing. */
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
