/** Listeners by name. */
export class Listeners {
  private readonly byName = new Map<PropertyKey, Set<{ listener: (value: never) => unknown }>>();

  add(name: PropertyKey, listener: (value: never) => unknown, signal?: AbortSignal): () => void {
    // The same function may be added twice.
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

  /** Calls each listener, even if another one fails. */
  tell(name: PropertyKey, value: unknown): void {
    const entries = this.byName.get(name);
    for (const entry of [...(entries ?? [])]) {
      // A listener before it may have removed it.
      if (entries?.has(entry) !== true) continue;
      try {
        // The connection's types tie the value to the name.
        const result = entry.listener(value as never) as
          { catch?: (report: (error: unknown) => void) => void } | undefined;
        // Otherwise an async listener that rejects would end a Node process.
        result?.catch?.(report);
      } catch (error) {
        report(error);
      }
    }
  }

  clear(): void {
    for (const entries of this.byName.values()) entries.clear();
  }
}

function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}
