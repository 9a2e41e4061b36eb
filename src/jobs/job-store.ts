import { JOBS_PREFIX } from '../redis/needed-rights.js';
import {
  createRedisBackend,
  type ConnectionOptions,
  type IQueueBackend,
  type QueueBaseOptions,
  setDefaultBackendFactory,
} from 'bullmq';

/** How a queue, worker or listener will use its backend. */
export interface BackendRole {
  /** For a listener to a queue's events. */
  blocking?: boolean;
  /** For a worker. */
  withBlockingConnection?: boolean;
}

/**
 * Stores jobs. Queues, workers and listeners get it as their `connection`, and get their backends from it.
 *
 * While the store can't be reached, adding a job fails within about two seconds; workers wait until it is back.
 */
export abstract class JobStore {
  /** The prefix of keys in Redis, in braces so that a cluster keeps the keys of a queue, and of a flow, on one node. */
  static readonly PREFIX = JOBS_PREFIX;

  /** For BullMQ's option `connection`, whose type fits any object. The backend factory below recognizes it. */
  get connection(): ConnectionOptions {
    return this;
  }

  abstract createBackend(name: string, options: QueueBaseOptions, role?: BackendRole): IQueueBackend;

  /** Whether it answers now, without waiting for it to come back. */
  abstract isReachable(): Promise<boolean>;

  /** Ends its connections. Close everything that uses it first. */
  abstract close(): Promise<void>;
}

// BullMQ has one factory for the process, and Nest's module can't pass another. It decides by the given connection, so that
// applications with different stores, and plain uses of BullMQ, can share a process.
setDefaultBackendFactory((name, options, role) =>
  options.connection instanceof JobStore
    ? options.connection.createBackend(name, options, role)
    : createRedisBackend(name, options, role),
);
