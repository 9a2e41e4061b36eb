/** Who wants to hear of what. */
export class Listeners {
  private readonly byName = new Map<PropertyKey, Set<{ listener: (value: never) => unknown }>>();

  add(name: PropertyKey, listener: (value: never) => unknown, signal?: AbortSignal): () => void {
    // The same function may listen twice.
    const entry = { listener };
    const off = (): void => {
      this.byName.get(name)?.delete(entry);
      signal?.removeEventListener('abort', off);
    };
    if (signal?.aborted) return off;
    const entries = this.byName.get(name) ?? new Set();
    this.byName.set(name, entries.add(entry));
    signal?.addEventListener('abort', off);
    return off;
  }

  /** Calls each, whatever the others do. */
  tell(name: PropertyKey, value: unknown): void {
    const entries = this.byName.get(name);
    for (const entry of [...(entries ?? [])]) {
      // One before it may have sent it away.
      if (entries?.has(entry) !== true) continue;
      try {
        // The connection's types say what goes with a name.
        const result = entry.listener(value as never) as
          { catch?: (report: (error: unknown) => void) => void } | undefined;
        // An asynchronous one that fails would end a process of Node.
        result?.catch?.(report);
      } catch (error) {
        report(error);
      }
    }
  }

  /** Sends all away. */
  clear(): void {
    for (const entries of this.byName.values()) entries.clear();
  }
}

function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}
