/** How many samples are used: older ones don't reflect later clock drift. */
const SAMPLES = 10;

/** The database's clock, read between two readings of this machine's clock. Milliseconds. */
interface Sample {
  asked: number;
  told: number;
  answered: number;
}

/**
 * Estimates the time by the database's clock. Each sample bounds the difference to this machine's clock from both
 * sides. If zero is possible, the difference is taken as zero, which is exact on one machine and between synchronized
 * clocks.
 */
export class DatabaseClock {
  private samples: Sample[] = [];
  private differenceMs = 0;

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return Date.now() + this.differenceMs;
  }

  learn(sample: Sample): void {
    this.samples = [...this.samples.slice(1 - SAMPLES), sample];
    let [least, most] = this.bounds();
    if (least > most) {
      // The samples contradict each other: a clock was set.
      this.samples = [sample];
      [least, most] = this.bounds();
    }
    this.differenceMs = Math.min(Math.max(0, least), most);
  }

  private bounds(): [least: number, most: number] {
    return [
      Math.max(...this.samples.map(({ told, answered }) => told - answered)),
      Math.min(...this.samples.map(({ told, asked }) => told - asked)),
    ];
  }
}
