import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { JobsOptions, Queue } from 'bullmq';
import { Environment } from '../config/environment.js';
import { UnavailableError } from '../http/errors.js';

export const EXPORT_QUEUE = 'exports';

/** What a job carries: everything else is read from the row when it runs. */
export interface ExportJobData {
  export_id: string;
}

const DEADLINE_MS = 5_000;

const OPTIONS: JobsOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 1_000 },
  removeOnComplete: { age: 24 * 60 * 60, count: 1_000 },
  removeOnFail: { age: 7 * 24 * 60 * 60, count: 1_000 },
};

/** Queues the runs of exports, one job an export however often it is asked. */
@Injectable()
export class ExportQueue {
  constructor(
    @InjectQueue(EXPORT_QUEUE) private readonly queue: Queue<ExportJobData>,
    private readonly environment: Environment,
  ) {}

  /** @throws {UnavailableError} if the queue does not take it in time */
  async enqueue(exportId: string): Promise<void> {
    await this.inTime(this.queue.add('export', { export_id: exportId }, { ...OPTIONS, jobId: exportId }));
  }

  /** Gives an unfinished export a job if it has none (any more), and another try if its job failed for good. */
  async resume(exportId: string): Promise<void> {
    const job = await this.inTime(this.queue.getJob(exportId));
    if (job === undefined) await this.enqueue(exportId);
    else if (await this.inTime(job.isFailed())) await this.inTime(job.retry());
  }

  /** A client of Redis waits for its server without an end. */
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
