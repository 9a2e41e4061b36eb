import type { WorkerOptions } from 'bullmq';

/**
 * How soon the job of a worker that was killed is taken over, for the `@Processor` of jobs that somebody waits for: within 25
 * seconds, where BullMQ's own values take up to 90.
 *
 * A worker renews the lock of a job in half its duration. One whose event loop is blocked for longer, or that has lost Redis
 * for longer, is taken for dead although it lives: the job then runs twice at once, which its effects must bear anyhow.
 */
export const TAKEOVER = {
  lockDuration: 15_000,
  /** A job is found by the second check that sees it without a lock. */
  stalledInterval: 5_000,
  /**
   * The fourth death fails the job for good: it is likely to kill whoever takes it. Fewer would punish jobs for a bad
   * neighbour in the same process, for a row of deployments without grace, or for a Redis that was away.
   */
  maxStalledCount: 3,
} satisfies Partial<WorkerOptions>;
