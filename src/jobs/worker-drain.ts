import { setTimeout as wait } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import type { JobStore } from './job-store.js';

/**
 * How long a worker without jobs may take to close. One that is reconnecting to Redis may wait forever; it ends with its
 * connections.
 */
const CLOSE_PATIENCE_MS = 2_000;

/** Tracks the active jobs of a worker, and closes it without losing them. */
export class WorkerDrain {
  private readonly inHand = new Map<Job['id'], Job>();
  private onIdle: () => void = () => undefined;

  constructor(
    private readonly worker: Worker,
    private readonly store: JobStore,
  ) {
    worker.on('active', (job) => this.inHand.set(job.id, job));
    worker.on('completed', (job) => this.putDown(job.id));
    worker.on('failed', (job) => this.putDown(job?.id));
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.putDown(id);
    });
  }

  /**
   * Takes no more jobs, and lets active ones finish until the deadline. Then the rest go back to the queue, where any worker may take
   * them at once; the results of their processors here are ignored.
   */
  async close(deadline: AbortSignal): Promise<void> {
    // `true`: BullMQ's own wait can't be cancelled, and would reconnect if it ended after the close.
    await this.worker.pause(true);
    // A blocking fetch that began before the pause would still take a job, such as one handed back below. Fails without a
    // connection, but then nothing is blocking.
    void this.worker.backend.disconnectBlocking(false).catch(() => undefined);
    for (const job of this.inHand.values()) void this.putDownIfLost(job);
    await this.idle(deadline);
    const isReachable = await this.store.isReachable();
    const unfinished = [...this.inHand.values()];
    // Jobs that can't be handed back are found by another worker after their lock expires.
    if (isReachable) await Promise.allSettled(unfinished.map((job) => job.moveToWait(job.token)));
    const closed = this.worker.close(!isReachable || unfinished.length > 0);
    const isClosed = await Promise.race([closed.then(() => true), wait(CLOSE_PATIENCE_MS, false, { ref: false })]);
    // Nest closes the worker again at shutdown, and would wait for the same promise.
    if (!isClosed) this.worker.closing = Promise.resolve();
  }

  /** Forgets a job that another worker has taken over, whose end emits no event here. */
  private async putDownIfLost(job: Job): Promise<void> {
    const isOurs = await job.extendLock(job.token ?? '', this.worker.opts.lockDuration ?? 0).catch(() => 1);
    if (isOurs === 0) this.putDown(job.id);
  }

  private putDown(id: Job['id']): void {
    this.inHand.delete(id);
    if (this.inHand.size === 0) this.onIdle();
  }

  private idle(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.onIdle = resolve;
      deadline.addEventListener('abort', () => resolve(), { once: true });
      if (this.inHand.size === 0 || deadline.aborted) resolve();
    });
  }
}
