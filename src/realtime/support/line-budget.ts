const WINDOW_MS = 1_000;

/**
 * Limits the log lines that clients can cause: a number of lines a second, at most half of them of one kind, so that a flood can't
 * hide the others. Counts suppressed lines, and reports them at the end of the second.
 */
export class LineBudget {
  private written = 0;
  private readonly kinds = new Map<string, { written: number; suppressed: number }>();
  private timer: NodeJS.Timeout | undefined;

  /** @param tell logs a summary such as `suppressed 980 lines within a second (4001 token_invalid: 980)` */
  constructor(
    private readonly lines: number,
    private readonly tell: (summary: string) => void,
  ) {}

  /**
   * Whether one more line may be written.
   * @param kind one of a small set of values
   */
  take(kind: string): boolean {
    this.timer ??= setTimeout(() => this.endWindow(), WINDOW_MS).unref();
    const count = this.kinds.get(kind) ?? { written: 0, suppressed: 0 };
    this.kinds.set(kind, count);
    if (this.written >= this.lines || count.written >= this.lines / 2) {
      count.suppressed += 1;
      return false;
    }
    this.written += 1;
    count.written += 1;
    return true;
  }

  private endWindow(): void {
    const kinds = [...this.kinds].filter(([, { suppressed }]) => suppressed > 0);
    this.timer = undefined;
    this.written = 0;
    this.kinds.clear();
    if (kinds.length === 0) return;
    const total = kinds.reduce((sum, [, { suppressed }]) => sum + suppressed, 0);
    const each = kinds.map(([kind, { suppressed }]) => `${kind}: ${suppressed}`).join(', ');
    this.tell(`suppressed ${total} lines within a second (${each})`);
  }
}
