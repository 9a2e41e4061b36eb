import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

const SAMPLE_MS = 1_000;
/** How long a burst of work may take before new clients are refused: three seconds. */
const LATE_SAMPLES = 3;
/** How finely it is measured; 50 wake-ups a second cost nothing that shows. */
const RESOLUTION_MS = 20;
/**
 * A healthy loop comes round within a few ms. Here every frame of every client waits that long, and handshakes, which take
 * several rounds, near their deadline. A machine that is merely busy with other things stays below.
 */
const LIMIT_MS = 400;

/**
 * Tells whether the event loop is so late that further clients would only make it worse for those who are there: when it was
 * late within each of the last samples, so that one long pause (a start, a garbage collection) does not count.
 */
@Injectable()
export class Overload implements OnApplicationShutdown {
  private readonly delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private timer: NodeJS.Timeout | undefined;
  private lateSamples = 0;

  /** Called when the process begins to listen; a worker has nothing to refuse. */
  watch(): void {
    this.delays.enable();
    this.timer ??= setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.delays.disable();
  }

  get isOverloaded(): boolean {
    return this.lateSamples >= LATE_SAMPLES;
  }

  private sample(): void {
    // Nothing is measured where the loop did not come round twice within the sample: it is later than that.
    const longestMs = this.delays.count === 0 ? Infinity : this.delays.max / 1e6 - RESOLUTION_MS;
    this.delays.reset();
    this.lateSamples = longestMs > LIMIT_MS ? this.lateSamples + 1 : 0;
  }
}
