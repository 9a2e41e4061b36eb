import type { Logger } from '@nestjs/common';

const REPEAT_MS = 60_000;

/** Logs errors of something that tries again by itself: what repeats itself, once a minute. */
export class QuietErrorLog {
  private readonly loggedAt = new Map<string, number>();

  constructor(
    private readonly logger: Logger,
    /** What the errors are of. */
    private readonly subject: string,
  ) {}

  report(error: Error): void {
    const text = error.message || ('code' in error ? String(error.code) : error.name);
    this.warn(text, text);
  }

  /** @param kind of what counts as the same; the text may differ */
  warn(kind: string, text: string): void {
    const now = Date.now();
    for (const [old, at] of this.loggedAt) if (now - at >= REPEAT_MS) this.loggedAt.delete(old);
    if (this.loggedAt.has(kind)) return;
    this.loggedAt.set(kind, now);
    this.logger.warn(`${this.subject}: ${text}`);
  }
}
