import type { Logger } from '@nestjs/common';

const REPEAT_MS = 60_000;
/** Further kinds of errors within a minute are suppressed, as clients may be making them up. */
const MAX_KINDS = 100;
/** Words with a digit: durations, ports, ids. Errors that differ only in these are of one kind. */
const VARYING = /\S*\d\S*/g;

/** Logs errors of something that retries by itself: each kind at most once a minute. */
export class QuietErrorLog {
  /** Oldest first. */
  private readonly loggedAt = new Map<string, number>();
  private suppressed = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    /** The source of the errors. */
    private readonly subject: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  report(error: Error): void {
    const text = error.message || ('code' in error ? String(error.code) : error.name);
    this.warn(text, text);
  }

  /** @param kind identifies repeats; the text may differ */
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
