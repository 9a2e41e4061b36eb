import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RealtimeMetrics } from '../realtime-metrics.js';

/**
 * How often the event loop's delay is measured, by how late a timer is. Node's `monitorEventLoopDelay` looks closer, and
 * for that takes as much CPU time as all else that an idle process does.
 */
const TICK_MS = 100;
const SAMPLE_MS = 1_000;
/** How many late samples in a row refuse new clients: a burst of work may take three seconds. */
const LATE_SAMPLES = 3;
/** Shorter than the usual interval of scrapes would hide delays from the metrics. */
const WINDOW_MS = 30_000;
/**
 * A healthy event loop is delayed by a few ms. At this delay every frame waits that long, and handshakes, which take
 * several turns of the loop, get close to their deadline. A machine that is merely busy with other things stays below.
 */
const LIMIT_MS = 400;

/**
 * Detects an event loop so delayed that new clients would only slow down the connected ones. It must have been late in
 * each of the last samples, so that one long pause (a start, a garbage collection) does not count.
 */
@Injectable()
export class Overload implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private tickedAt = 0;
  private sampledAt = 0;
  private windowAt = 0;
  /** The longest delay of this sample, of this window up to it, and of the window before. */
  private longestMs = 0;
  private windowMs = 0;
  private formerMs = 0;
  private lateSamples = 0;

  constructor(metrics: RealtimeMetrics) {
    metrics.gauge(
      'herald_event_loop_delay_seconds',
      'The longest delay of the event loop within the last 30 to 60 seconds, give or take 0.1 s',
      () => Math.max(this.longestMs, this.windowMs, this.formerMs) / 1_000,
    );
  }

  /** Called when the process starts listening; a worker has nothing to refuse. */
  watch(): void {
    if (this.timer !== undefined) return;
    this.tickedAt = this.sampledAt = this.windowAt = performance.now();
    this.timer = setInterval(() => this.tick(performance.now()), TICK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  get isOverloaded(): boolean {
    return this.lateSamples >= LATE_SAMPLES;
  }

  private tick(now: number): void {
    this.longestMs = Math.max(this.longestMs, now - this.tickedAt - TICK_MS);
    this.tickedAt = now;
    if (now - this.sampledAt < SAMPLE_MS) return;
    // A delay may have begun up to a tick before the timer was due.
    this.lateSamples = this.longestMs + TICK_MS > LIMIT_MS ? this.lateSamples + 1 : 0;
    this.windowMs = Math.max(this.windowMs, this.longestMs);
    this.sampledAt = now;
    this.longestMs = 0;
    if (now - this.windowAt < WINDOW_MS) return;
    this.formerMs = this.windowMs;
    this.windowAt = now;
    this.windowMs = 0;
  }
}
