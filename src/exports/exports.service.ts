import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In, type Repository } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Membership } from '../organizations/membership.entity.js';
import { rethrowForDissolved } from '../organizations/organizations.service.js';
import { BroadcastService } from '../realtime/index.js';
import { deleteInBatches } from '../realtime/support/in-batches.js';
import { type ExportFile, ExportFiles } from './export-files.js';
import { ExportQueue } from './export-queue.js';
import { Export, type ExportFormat, type ExportStatus } from './export.entity.js';

const UNFINISHED = In(['queued', 'running']);

/** Stops a run whose export was finished by another run, or deleted with its organization. */
export class ExportIsOverError extends Error {
  override readonly name = 'ExportIsOverError';
}

/** Stores exports, serves their files, and moves them from `queued` via `running` to `completed` or `failed`. */
@Injectable()
export class ExportsService {
  private readonly exports: Repository<Export>;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly queue: ExportQueue,
    private readonly files: ExportFiles,
    private readonly broadcast: BroadcastService,
  ) {
    this.exports = dataSource.getRepository(Export);
  }

  /**
   * Queues the job after committing the row, so that no worker looks for it too early.
   * @throws {UnavailableError} if the queue is down; the row is then deleted
   */
  async request({ orgId, userId }: Membership, format: ExportFormat): Promise<Export> {
    const row = this.exports.create({
      id: uuidv7(),
      orgId,
      requestedBy: userId,
      format,
      status: 'queued',
      progress: 0,
      error: null,
    });
    await this.exports.save(row).catch(rethrowForDissolved);
    try {
      await this.queue.enqueue(row.id);
    } catch (error) {
      await this.exports.delete({ id: row.id });
      throw error;
    }
    return row;
  }

  /** @throws {NotFoundException} if there is none, or another user requested it */
  async get({ orgId, userId }: Membership, id: string): Promise<Export> {
    const row = await this.exports.findOneBy({ id, orgId, requestedBy: userId });
    if (row === null) throw new NotFoundException('There is no such export.');
    return row;
  }

  /** @throws {NotFoundException} also if it is not completed yet */
  async open(membership: Membership, id: string): Promise<ExportFile & Pick<Export, 'format'>> {
    const row = await this.get(membership, id);
    const file = row.status === 'completed' ? await this.files.open(row) : null;
    if (file === null) throw new NotFoundException('There is no file of this export.');
    return { ...file, format: row.format };
  }

  /** Null if the export no longer exists or is finished. */
  async begin(id: string): Promise<Export | null> {
    const { affected } = await this.exports.update({ id, status: UNFINISHED }, { status: 'running', progress: 0 });
    return affected === 0 ? null : this.exports.findOneBy({ id });
  }

  /** @throws {ExportIsOverError} */
  async reportProgress({ id }: Export, progress: number): Promise<void> {
    const { affected } = await this.exports.update({ id, status: 'running' }, { progress });
    if (affected === 0) throw new ExportIsOverError(`The export ${id} has ended`);
  }

  /** Notifies the requester in the transaction that ends the export, so that a second run finds it ended and does nothing. */
  async complete(row: Export): Promise<void> {
    const isCompleted = await this.dataSource.transaction(async (manager) => {
      const change = { status: 'completed', progress: 100 } as const;
      const { affected } = await manager.update(Export, { id: row.id, status: UNFINISHED }, change);
      if (affected === 0) return false;
      const notification = {
        title: 'Export ready',
        body: 'Your export is ready to download.',
        type: 'task.completed',
        task_id: row.id,
        task_name: row.taskName,
        action_url: row.downloadPath,
      } as const;
      const options = { manager, idempotencyKey: `export:${row.id}:completed` };
      await this.broadcast.broadcastNotification(row.requestedBy, notification, options);
      return true;
    });
    if (!isCompleted && !(await this.exports.existsBy({ id: row.id }))) await this.files.remove(row);
  }

  /** Ends an export that has no attempts left, and notifies the requester. */
  async fail(id: string): Promise<void> {
    const error = 'The export failed. Please request it again.';
    await this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(Export, { id, status: UNFINISHED }, { status: 'failed', error });
      const row = affected === 0 ? null : await manager.findOneBy(Export, { id });
      if (row === null) return;
      const notification = {
        title: 'Export failed',
        body: error,
        type: 'task.failed',
        task_id: id,
        task_name: row.taskName,
        error,
      } as const;
      const options = { manager, idempotencyKey: `export:${id}:failed` };
      await this.broadcast.broadcastNotification(row.requestedBy, notification, options);
    });
  }

  /** The ids of queued and running exports, oldest first. */
  async unfinished(limit: number): Promise<string[]> {
    const rows = await this.exports.find({ where: { status: UNFINISHED }, order: { id: 'ASC' }, take: limit });
    return rows.map(({ id }) => id);
  }

  /** Deletes the rows of exports that ended longer ago; the next sweep deletes their files. */
  async forgetOlderThan(ms: number): Promise<void> {
    const isOld = `status IN ('completed', 'failed') AND updated_at < $1`;
    const rows = { table: 'exports', by: 'updated_at', isOld };
    await deleteInBatches(this.dataSource, rows, [new Date(Date.now() - ms)]);
  }

  /** The statuses by id; ids without an export are missing. */
  async statusesOf(ids: readonly string[]): Promise<Map<string, ExportStatus>> {
    const rows = await this.exports.find({ select: { id: true, status: true }, where: { id: In(ids) } });
    return new Map(rows.map(({ id, status }) => [id, status]));
  }
}
