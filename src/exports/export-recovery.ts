import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { ExportFiles } from './export-files.js';
import { ExportQueue } from './export-queue.js';
import { ExportsService } from './exports.service.js';

const MOST = 1_000;

/** At start, takes up exports that a process left behind when it died between their row and their job. */
@Injectable()
export class ExportRecovery implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExportRecovery.name);
  private isStopping = false;
  private recovery: Promise<void> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly exports: ExportsService,
    private readonly queue: ExportQueue,
    private readonly files: ExportFiles,
  ) {}

  /** Does not hold up the start, nor fail it: exports can wait. */
  onApplicationBootstrap(): void {
    if (!this.environment.runJobs) return;
    this.recovery = this.recover().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'Could not take up unfinished exports; the next start tries again');
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    await this.recovery;
  }

  private async recover(): Promise<void> {
    await this.files.sweep();
    for (const id of await this.exports.unfinished(MOST)) {
      if (this.isStopping) return;
      await this.queue.resume(id);
    }
  }
}
