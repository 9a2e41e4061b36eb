import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Environment } from '../config/environment.js';
import { RETENTION_QUEUE } from './retention-queue.js';

const HOUR_MS = 3_600_000;

/** Has old notifications deleted every hour, once for all nodes: a schedule is known by its id. */
@Injectable()
export class RetentionSchedule implements OnApplicationBootstrap {
  private readonly logger = new Logger(RetentionSchedule.name);

  constructor(
    private readonly environment: Environment,
    @InjectQueue(RETENTION_QUEUE) private readonly queue: Queue,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.environment.runJobs) return;
    const job = { name: 'retention', opts: { removeOnComplete: true, removeOnFail: 10 } };
    this.queue.upsertJobScheduler('hourly', { every: HOUR_MS }, job).catch((error: unknown) => {
      this.logger.warn(`Old notifications are not deleted until the next start: ${String(error)}`);
    });
  }
}
