/** What becomes of one inbound frame. */
export type RateVerdict =
  | 'pass'
  /** Dropped, and the first of a row of dropped ones: the client is told. */
  | 'drop-and-tell'
  | 'drop'
  /** As many in a row as the burst allows were dropped. */
  | 'close'
  /** That, where the burst is one: it is the first of the row, too. */
  | 'tell-and-close';

/** A token bucket over the inbound frames of one connection, which also counts how many in a row it has dropped. */
export class RateLimit {
  private tokens: number;
  private filledAt: number;
  private droppedInARow = 0;

  /**
   * @param perSecond how fast tokens come back
   * @param burst how many there are at most
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
