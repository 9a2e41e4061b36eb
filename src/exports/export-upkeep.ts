import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { QuietErrorLog } from '../realtime/support/quiet-error-log.js';
import { ExportFiles } from './export-files.js';
import { ExportQueue } from './export-queue.js';
import { ExportsService } from './exports.service.js';

const SWEEP_INTERVAL_MS = 3_600_000;
const MOST = 1_000;
/** How long a finished export is kept. */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * Requeues exports whose job was lost, deletes those that finished a week ago, and deletes files that no export needs: at start and
 * then periodically, in each process that runs jobs. Not a job itself, as a queue that loses its jobs also loses its schedules.
 */
@Injectable()
export class ExportUpkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExportUpkeep.name);
  private readonly stopping = new AbortController();
  private stopped: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly exports: ExportsService,
    private readonly queue: ExportQueue,
    private readonly files: ExportFiles,
  ) {}

  /** Neither delays the start nor fails it: exports can wait. */
  onApplicationBootstrap(): void {
    const { runJobs, timings } = this.environment;
    if (!runJobs) return;
    this.stopped = Promise.all([
      this.every(timings.exportUpkeepMs, 'Requeuing unfinished exports', () => this.resume()),
      this.every(SWEEP_INTERVAL_MS, 'Cleaning up the exports folder', () => this.sweep()),
    ]);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.stopped;
  }

  /** Jobs get lost with Redis's data, or if a process dies between writing an export's row and queuing its job. */
  async resume(): Promise<void> {
    for (const id of await this.exports.unfinished(MOST)) {
      if (this.stopping.signal.aborted) return;
      // The job failed for good, but its worker could not record that: it died, or lost the database.
      if (!(await this.queue.resume(id))) await this.exports.fail(id);
    }
  }

  /** Deleting an export, or its organization, deletes the row but not the file. */
  async sweep(): Promise<void> {
    await this.exports.forgetOlderThan(KEPT_MS);
    const count = await this.files.sweep((ids) => this.exports.statusesOf(ids));
    if (count > 0) this.logger.log(`Deleted ${count} files that no export needs`);
  }

  private async every(intervalMs: number, what: string, run: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    const log = new QuietErrorLog(this.logger, what);
    while (!signal.aborted) {
      await run().catch((error: unknown) => log.report(error instanceof Error ? error : new Error(String(error))));
      await wait(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
