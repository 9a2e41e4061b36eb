/** A readiness check this recent means that something checks regularly. */
const WATCHED_MS = 60_000;

/** Whether this process is draining, and whether something checks its readiness. One for each process, shared by all modules. */
export class Lifecycle {
  private draining = false;
  private askedAt = -Infinity;
  private readonly farewells: (() => Promise<void>)[] = [];

  get isDraining(): boolean {
    return this.draining;
  }

  /** Whether something, such as a load balancer, regularly checks readiness. */
  get isWatched(): boolean {
    return performance.now() - this.askedAt < WATCHED_MS;
  }

  /** Records a readiness check. */
  noteWatcher(): void {
    this.askedAt = performance.now();
  }

  /** Adds what to do once all connections are closed; it must not reject. */
  onDrained(farewell: () => Promise<void>): void {
    this.farewells.push(farewell);
  }

  /** All connections are closed. */
  async drained(): Promise<void> {
    await Promise.all(this.farewells.map((farewell) => farewell()));
  }

  /** From now on, no new work is accepted. */
  beginDraining(): void {
    this.draining = true;
  }
}
