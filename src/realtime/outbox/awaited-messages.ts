import { ExpiringMap } from '../../runtime/expiring-map.js';

/** Longer than anybody waits. */
const FORGOTTEN_MS = 1_000;

/** Who waits in this process until messages of the outbox are published, by whichever batch. */
export class AwaitedMessages {
  private readonly resolvers = new ExpiringMap<() => void>(FORGOTTEN_MS);

  /** Resolves when all of these were published by this process; never, if another process does. */
  async published(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => new Promise<void>((resolve) => this.resolvers.set(id, resolve))));
  }

  settle(ids: Iterable<string>): void {
    for (const id of ids) {
      this.resolvers.get(id)?.();
      this.resolvers.delete(id);
    }
  }
}
