import type { WorkerOptions } from 'bullmq';

/**
 * For the `@Processor` of jobs that users wait for: the job of a killed worker is taken over within 25 seconds, instead of up to 90
 * with BullMQ's defaults.
 *
 * A worker renews a job's lock after half its duration. If its event loop is blocked or Redis is away for longer, the worker is
 * presumed dead, and the job runs twice at the same time, which processors must tolerate anyway.
 */
export const TAKEOVER = {
  lockDuration: 15_000,
  /** A job counts as stalled when two checks in a row find it without a lock. */
  stalledInterval: 5_000,
  /**
   * The fourth death fails the job for good, as it probably kills its workers. A lower limit would fail jobs because of another job
   * in the same process, several hard deployments in a row, or an outage of Redis.
   */
  maxStalledCount: 3,
} satisfies Partial<WorkerOptions>;
