import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { validate as isUuid } from 'uuid';
import type { Resource } from '../resources/resource.entity.js';
import { ResourcesService } from '../resources/resources.service.js';
import { encode } from './export-encoding.js';
import { ExportFiles } from './export-files.js';
import { EXPORT_QUEUE } from './export-queue.js';
import type { Export } from './export.entity.js';
import { ExportIsOverError, ExportsService } from './exports.service.js';

const BATCH = 200;
const PROGRESS_STEP = 5;

/** Runs exports: reads the resources in batches, and streams them to the file. */
@Processor(EXPORT_QUEUE, { concurrency: 4 })
export class ExportsProcessor extends WorkerHost {
  private readonly logger = new Logger(ExportsProcessor.name);

  constructor(
    private readonly exports: ExportsService,
    private readonly resources: ResourcesService,
    private readonly files: ExportFiles,
  ) {
    super();
  }

  async process(job: Job<unknown>): Promise<void> {
    const id = exportIdOf(job);
    if (id === null) throw new UnrecoverableError('The data of an export job takes an export_id that is a UUID');
    const row = await this.exports.begin(id);
    if (row !== null) await this.run(row, job);
    // Left by runs whose process was killed.
    await this.files.removeDrafts(id);
  }

  /** Also called when BullMQ gives up a job because its worker died too often. */
  @OnWorkerEvent('failed')
  async onFailed(job: Job<unknown> | undefined, reason: Error): Promise<void> {
    const id = job === undefined ? null : exportIdOf(job);
    const isFinal = Boolean(job?.finishedOn);
    this.logger.warn({ err: reason, export_id: id, is_final: isFinal }, 'A run of an export failed');
    if (id === null || !isFinal) return;
    try {
      await this.exports.fail(id);
      await this.files.removeDrafts(id);
    } catch (error) {
      this.logger.error({ err: error, export_id: id }, 'Could not mark an export as failed; the upkeep will retry');
    }
  }

  private async run(row: Export, job: Job<unknown>): Promise<void> {
    try {
      await this.files.write(row, encode(row.format, this.read(row, job)));
      await this.exports.complete(row);
    } catch (error) {
      if (!(error instanceof ExportIsOverError)) throw error;
    }
  }

  /** Reports progress as it reads, in steps large enough to be worth a write. */
  private async *read(row: Export, job: Job<unknown>): AsyncGenerator<Resource[]> {
    const total = await this.resources.count(row.orgId);
    let done = 0;
    let reported = 0;
    for await (const batch of this.resources.inBatches(row.orgId, BATCH)) {
      yield batch;
      done += batch.length;
      // Resources created in the meantime are also read. Only a complete file has 100.
      const progress = Math.min(99, Math.floor((100 * done) / Math.max(total, done)));
      if (progress < reported + PROGRESS_STEP) continue;
      reported = progress;
      await this.exports.reportProgress(row, progress);
      await job.updateProgress(progress);
    }
  }
}

/** Validates the data, as jobs may come from another release. */
function exportIdOf({ data }: Job<unknown>): string | null {
  if (typeof data !== 'object' || data === null || !('export_id' in data)) return null;
  return isUuid(data.export_id) ? String(data.export_id) : null;
}
