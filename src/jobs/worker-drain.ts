import { setTimeout as wait } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import type { JobStore } from './job-store.js';

/**
 * How long a worker without jobs may take to close. One that is just finding Redis again may wait for it without an end; it
 * ends when its connections do.
 */
const CLOSE_PATIENCE_MS = 2_000;

/** Knows which jobs a worker has in hand, and ends it without losing them. */
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
   * Takes no more jobs, and gives those in hand until the deadline to finish. The others go back to the queue, where any
   * worker may take them at once, while their processors here run on into nothing.
   */
  async close(deadline: AbortSignal): Promise<void> {
    // Without its own waiting: that could not be given up, and would connect again when it ends after the close.
    await this.worker.pause(true);
    // A wait that has begun before would take one more job, though paused: such as one that is given back below. Where there
    // is no connection, nothing waits.
    void this.worker.backend.disconnectBlocking(false).catch(() => undefined);
    for (const job of this.inHand.values()) void this.putDownIfLost(job);
    await this.idle(deadline);
    const isReachable = await this.store.isReachable();
    const unfinished = [...this.inHand.values()];
    // What can't be given back is found without its worker by another one, after its lock has expired.
    if (isReachable) await Promise.allSettled(unfinished.map((job) => job.moveToWait(job.token)));
    const closed = this.worker.close(!isReachable || unfinished.length > 0);
    const isClosed = await Promise.race([closed.then(() => true), wait(CLOSE_PATIENCE_MS, false, { ref: false })]);
    // Nest closes it once more when the application shuts down, and would wait for the same.
    if (!isClosed) this.worker.closing = Promise.resolve();
  }

  /** A job that another worker has taken over is over here without an event, if its run has ended since. */
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
