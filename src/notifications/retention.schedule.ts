import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Environment } from '../config/environment.js';
import { QuietErrorLog } from '../realtime/support/quiet-error-log.js';
import { RETENTION_QUEUE } from './retention-queue.js';

const HOUR_MS = 3_600_000;
/** How often to check that the schedule still exists: it is lost with Redis's data. */
const CHECK_MS = 60_000;
const ID = 'hourly';

/** Schedules the deletion of old notifications every hour. All nodes share the schedule by its id. */
@Injectable()
export class RetentionSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new QuietErrorLog(
    new Logger(RetentionSchedule.name),
    'Schedule for deleting old notifications',
  );
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly environment: Environment,
    @InjectQueue(RETENTION_QUEUE) private readonly queue: Queue,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.environment.runJobs) return;
    void this.keep();
    this.timer = setInterval(() => void this.keep(), CHECK_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Creates the schedule if it doesn't exist. Never rejects: the next check retries. */
  async keep(): Promise<void> {
    try {
      if ((await this.queue.getJobScheduler(ID)) !== undefined) return;
      const job = { name: 'retention', opts: { removeOnComplete: true, removeOnFail: 10 } };
      await this.queue.upsertJobScheduler(ID, { every: HOUR_MS }, job);
    } catch (error) {
      this.log.report(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
