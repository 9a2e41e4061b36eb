import { ExpiringMap } from '../support/expiring-map.js';

/** Longer than any caller waits. */
const FORGOTTEN_MS = 1_000;

/** This process's callers that wait until their outbox messages are published, in any batch. */
export class AwaitedMessages {
  private readonly resolvers = new ExpiringMap<() => void>(FORGOTTEN_MS);

  /** Resolves when this process has published all of these messages; never, if another process publishes one. */
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
