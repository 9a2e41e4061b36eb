import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { JobsOptions, Queue } from 'bullmq';
import { Environment } from '../config/environment.js';
import { UnavailableError } from '../realtime/support/errors.js';

export const EXPORT_QUEUE = 'exports';

/** A job's data; the processor reads everything else from the row. */
export interface ExportJobData {
  export_id: string;
}

const DEADLINE_MS = 5_000;

const OPTIONS: JobsOptions = {
  attempts: 5,
  removeOnComplete: { age: 24 * 60 * 60, count: 1_000 },
  removeOnFail: { age: 7 * 24 * 60 * 60, count: 1_000 },
};

/** Queues the jobs of exports, at most one for each export. */
@Injectable()
export class ExportQueue {
  constructor(
    @InjectQueue(EXPORT_QUEUE) private readonly queue: Queue<ExportJobData>,
    private readonly environment: Environment,
  ) {}

  /** @throws {UnavailableError} if the queue does not accept it in time */
  async enqueue(exportId: string): Promise<void> {
    const backoff = { type: 'exponential', delay: this.environment.timings.exportRetryMs };
    await this.inTime(this.queue.add('export', { export_id: exportId }, { ...OPTIONS, backoff, jobId: exportId }));
  }

  /**
   * Makes sure that an unfinished export has a live job, queuing one if it was lost.
   * @returns false if its job has failed for good
   * @throws {UnavailableError}
   */
  async resume(exportId: string): Promise<boolean> {
    const job = await this.inTime(this.queue.getJob(exportId));
    if (job === undefined) {
      await this.enqueue(exportId);
      return true;
    }
    const state = await this.inTime(job.getState());
    // The database was restored to a state before the job completed.
    if (state === 'completed') await this.inTime(job.retry(state));
    return state !== 'failed';
  }

  /** Adds a deadline, as Redis clients wait for their server forever. */
  private async inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    });
    try {
      return await Promise.race([answer, deadline]);
    } catch (error) {
      throw new UnavailableError(this.environment.redis === null ? 'jobs' : 'redis', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
