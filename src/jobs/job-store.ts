import { JOBS_PREFIX } from '../redis/needed-rights.js';
import {
  createRedisBackend,
  type ConnectionOptions,
  type IQueueBackend,
  type QueueBaseOptions,
  setDefaultBackendFactory,
} from 'bullmq';

/** What a queue, worker or listener asks of the backend that it will own. */
export interface BackendRole {
  /** A listener to a queue's events. */
  blocking?: boolean;
  /** A worker. */
  withBlockingConnection?: boolean;
}

/**
 * Where jobs are kept. Queues, workers and listeners get it as their `connection`, and each asks it for its backend.
 *
 * Whoever adds a job while the store can't be reached learns so within about two seconds; workers wait until it is back.
 */
export abstract class JobStore {
  /** Of the keys in Redis. In braces, so that a cluster keeps the keys of a queue, and of a flow, on one node. */
  static readonly PREFIX = JOBS_PREFIX;

  /** For BullMQ's option of that name: its type fits any object, what becomes of it is decided below. */
  get connection(): ConnectionOptions {
    return this;
  }

  abstract createBackend(name: string, options: QueueBaseOptions, role?: BackendRole): IQueueBackend;

  /** Whether it answers now; does not wait for it to come back. */
  abstract isReachable(): Promise<boolean>;

  /** Ends its connections. All that uses it has to be closed before. */
  abstract close(): Promise<void>;
}

// BullMQ has one factory a process, and Nest's module passes none on. It decides by the connection it is given, so that
// applications with different stores, and plain uses of BullMQ, live in one process.
setDefaultBackendFactory((name, options, role) =>
  options.connection instanceof JobStore
    ? options.connection.createBackend(name, options, role)
    : createRedisBackend(name, options, role),
);
