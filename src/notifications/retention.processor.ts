import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { NotificationsService } from './notifications.service.js';
import { RETENTION_QUEUE } from './retention-queue.js';

/** Deletes notifications that are older than `NOTIFICATION_RETENTION_DAYS`. */
@Processor(RETENTION_QUEUE)
export class RetentionProcessor extends WorkerHost {
  private readonly logger = new Logger(RetentionProcessor.name);

  constructor(
    private readonly environment: Environment,
    private readonly notifications: NotificationsService,
  ) {
    super();
  }

  async process(): Promise<void> {
    const days = this.environment.notificationRetentionDays;
    const count = await this.notifications.deleteOlderThan(days);
    if (count > 0) this.logger.log(`Deleted ${count} notifications older than ${days} days`);
  }
}
