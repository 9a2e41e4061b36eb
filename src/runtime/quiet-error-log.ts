import type { Logger } from '@nestjs/common';

const REPEAT_MS = 60_000;
/** More than that many kinds of errors within a minute are no news: somebody makes them up. */
const MAX_KINDS = 100;
/** Words with a digit: durations, ports, ids. Errors that differ in these alone are of one kind. */
const VARYING = /\S*\d\S*/g;

/** Logs errors of something that tries again by itself: what repeats itself, once a minute. */
export class QuietErrorLog {
  /** In the order of time. */
  private readonly loggedAt = new Map<string, number>();
  private suppressed = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    /** What the errors are of. */
    private readonly subject: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  report(error: Error): void {
    const text = error.message || ('code' in error ? String(error.code) : error.name);
    this.warn(text, text);
  }

  /** @param kind of what counts as the same; the text may differ */
  warn(kind: string, text: string): void {
    const now = this.now();
    const key = kind.replace(VARYING, '#');
    this.forget(now);
    if (this.loggedAt.has(key) || this.loggedAt.size >= MAX_KINDS) {
      this.suppressed += 1;
      return;
    }
    this.loggedAt.set(key, now);
    const more = this.suppressed === 0 ? '' : ` (suppressed ${this.suppressed} more before)`;
    this.suppressed = 0;
    this.logger.warn(`${this.subject}: ${text}${more}`);
  }

  private forget(now: number): void {
    for (const [key, at] of this.loggedAt) {
      if (now - at < REPEAT_MS) return;
      this.loggedAt.delete(key);
    }
  }
}
