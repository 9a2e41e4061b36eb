/** Whoever has asked so lately whether the process can serve is asking from time to time. */
const WATCHED_MS = 60_000;

/** Whether this process is about to end, and somebody waits to hear of it. One for the process, so that every door can ask. */
export class Lifecycle {
  private draining = false;
  private askedAt = -Infinity;

  get isDraining(): boolean {
    return this.draining;
  }

  /** Whether somebody asks from time to time if the process can serve, as a load balancer does. */
  get isWatched(): boolean {
    return performance.now() - this.askedAt < WATCHED_MS;
  }

  /** Somebody asks whether the process can serve. */
  noteWatcher(): void {
    this.askedAt = performance.now();
  }

  /** From now on nothing new is taken in. */
  beginDraining(): void {
    this.draining = true;
  }
}
