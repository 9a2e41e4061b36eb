import type { Logger } from '@nestjs/common';

const REPEAT_MS = 60_000;
/** More than that many kinds of errors within a minute are no news: somebody makes them up. */
const MAX_KINDS = 100;

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
    this.forget(now);
    if (this.loggedAt.has(kind) || this.loggedAt.size >= MAX_KINDS) {
      this.suppressed += 1;
      return;
    }
    this.loggedAt.set(kind, now);
    const more = this.suppressed === 0 ? '' : ` (suppressed ${this.suppressed} more before)`;
    this.suppressed = 0;
    this.logger.warn(`${this.subject}: ${text}${more}`);
  }

  private forget(now: number): void {
    for (const [kind, at] of this.loggedAt) {
      if (now - at < REPEAT_MS) return;
      this.loggedAt.delete(kind);
    }
  }
}
