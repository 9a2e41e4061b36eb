import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { QuietErrorLog } from '../runtime/quiet-error-log.js';
import { ExportFiles } from './export-files.js';
import { ExportQueue } from './export-queue.js';
import { ExportsService } from './exports.service.js';

const SWEEP_INTERVAL_MS = 3_600_000;
const MOST = 1_000;
/** How long an export is kept after its end: long enough for a holiday's week, and it can be asked for again. */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * Takes up exports whose job was lost, forgets those that ended a week ago, and deletes files that no export needs: at the start and from time to time, in each
 * process that runs jobs. Not a job itself: a queue that has lost its jobs has lost its schedules, too.
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

  /** Does not hold up the start, nor fail it: exports can wait. */
  onApplicationBootstrap(): void {
    const { runJobs, timings } = this.environment;
    if (!runJobs) return;
    this.stopped = Promise.all([
      this.every(timings.exportUpkeepMs, 'Taking up unfinished exports', () => this.resume()),
      this.every(SWEEP_INTERVAL_MS, 'Sweeping the folder of exports', () => this.sweep()),
    ]);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.stopped;
  }

  /** A job is lost with Redis's data, or with a process that dies between an export's row and its job. */
  async resume(): Promise<void> {
    for (const id of await this.exports.unfinished(MOST)) {
      if (this.stopping.signal.aborted) return;
      // Its worker has died, or had lost the database, before it could say so.
      if (!(await this.queue.resume(id))) await this.exports.fail(id);
    }
  }

  /** Organizations take their exports with them when they are deleted, but not the files; nor does an export that is forgotten. */
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
