/** What to do with one inbound frame. */
export type RateVerdict =
  | 'pass'
  /** The first dropped frame in a row: drop it, and answer with an error. */
  | 'drop-and-tell'
  | 'drop'
  /** A whole burst was dropped in a row. */
  | 'close'
  /** Both, with a burst of one. */
  | 'tell-and-close';

/** A token bucket for the inbound frames of one connection, which also counts consecutive drops. */
export class RateLimit {
  private tokens: number;
  private filledAt: number;
  private droppedInARow = 0;

  /**
   * @param perSecond how many tokens are added a second
   * @param burst how many tokens there are at most
   * @param now a monotonic clock in milliseconds
   */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = burst;
    this.filledAt = now();
  }

  take(): RateVerdict {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) / 1_000) * this.perSecond);
    this.filledAt = now;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      this.droppedInARow = 0;
      return 'pass';
    }
    this.droppedInARow += 1;
    const isFirst = this.droppedInARow === 1;
    if (this.droppedInARow >= this.burst) return isFirst ? 'tell-and-close' : 'close';
    return isFirst ? 'drop-and-tell' : 'drop';
  }
}
