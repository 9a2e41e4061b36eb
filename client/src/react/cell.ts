/** A value that is replaced, never mutated, and its listeners. */
export class Cell<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  set(value: T): void {
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  /** Replaces some fields. */
  put(fields: Partial<T>): void {
    this.set({ ...this.value, ...fields });
  }

  readonly listen = (listener: () => void): (() => void) => {
    // The same function may be added twice.
    const entry = (): void => listener();
    this.listeners.add(entry);
    return () => this.listeners.delete(entry);
  };
}
