import type { Job, Worker } from 'bullmq';

/** Knows which jobs a worker has in hand, and ends it without losing them. */
export class WorkerDrain {
  private readonly inHand = new Map<Job['id'], Job>();

  constructor(private readonly worker: Worker) {
    worker.on('active', (job) => this.inHand.set(job.id, job));
    worker.on('completed', (job) => this.inHand.delete(job.id));
    worker.on('failed', (job) => this.inHand.delete(job?.id));
  }

  /**
   * Takes no more jobs, and gives those in hand until the deadline to finish. The others go back to the queue, where any
   * worker may take them at once, while their processors here run on into nothing.
   */
  async close(deadline: AbortSignal): Promise<void> {
    await Promise.race([this.worker.pause(), aborted(deadline)]);
    await Promise.allSettled([...this.inHand.values()].map((job) => job.moveToWait(job.token)));
    await this.worker.close(this.inHand.size > 0 || deadline.aborted);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
