/** An async iterator that buffers pushed values until they are taken. */
export class Iteration<T> implements AsyncIterableIterator<T> {
  private readonly values: T[] = [];
  private readonly waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  private isOver = false;

  /** @param onEnd called once, when the iteration ends or its loop is left */
  constructor(private readonly onEnd: () => void) {}

  push(value: T): void {
    const waiting = this.waiting.shift();
    if (waiting) waiting({ value, done: false });
    else this.values.push(value);
  }

  /** Values that are already buffered can still be taken. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onEnd();
    for (const waiting of this.waiting.splice(0)) waiting({ value: undefined, done: true });
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (const value of this.values.splice(0, 1)) return { value, done: false };
    if (this.isOver) return { value: undefined, done: true };
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.values.length = 0;
    this.end();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
