/** How many samples count: older ones know nothing of how the clocks have drifted since. */
const SAMPLES = 10;

/** When the database said what time it is, by its clock, between two times of this machine's. Milliseconds. */
interface Sample {
  asked: number;
  told: number;
  answered: number;
}

/**
 * Knows the time by the database's clock. Each answer bounds the difference to this machine's clock, from both sides; where it
 * may be none it is taken for none, which is exact on one machine and where clocks are kept in step.
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
      // A clock was set.
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
