import { Worker, type Processor, type WorkerOptions } from 'bullmq';
import type { Timings } from '../config/environment.js';

/**
 * The fourth death fails the job for good, as it probably kills its workers. A lower limit would fail jobs because of another job in
 * the same process, several hard deployments in a row, or an outage of Redis.
 */
export const MOST_DEATHS = 3;

/**
 * The worker of every processor: the job of a killed worker is taken over within 25 seconds, instead of up to 90 with BullMQ's
 * defaults.
 *
 * A worker renews a job's lock after half its duration. If its event loop is blocked or Redis is away for longer, the worker is
 * presumed dead, and the job runs twice at the same time, which processors must tolerate anyway.
 */
export function workerClassOf({ jobLockMs, stalledJobsCheckMs }: Timings): typeof Worker {
  const takeover = { lockDuration: jobLockMs, stalledInterval: stalledJobsCheckMs, maxStalledCount: MOST_DEATHS };
  return class extends Worker {
    constructor(name: string, processor: Processor, options: WorkerOptions) {
      super(name, processor, { ...takeover, ...options });
    }
  };
}
