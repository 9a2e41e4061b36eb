import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

const SAMPLE_MS = 1_000;
/** How many late samples in a row refuse new clients: a burst of work may take three seconds. */
const LATE_SAMPLES = 3;
/** The resolution of the measurement; 50 wake-ups a second cost next to nothing. */
const RESOLUTION_MS = 20;
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
  private readonly delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private timer: NodeJS.Timeout | undefined;
  private lateSamples = 0;

  /** Called when the process starts listening; a worker has nothing to refuse. */
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
    // The histogram is empty if the loop did not turn twice within the sample: its delay is longer than that.
    const longestMs = this.delays.count === 0 ? Infinity : this.delays.max / 1e6 - RESOLUTION_MS;
    this.delays.reset();
    this.lateSamples = longestMs > LIMIT_MS ? this.lateSamples + 1 : 0;
  }
}
