const SHORTEST_MS = 100;
const LONGEST_MS = 10_000;
/** A channel that has not failed again for this long has no waiting messages any more. */
const FORGET_MS = 60_000;

interface Rest {
  lengthMs: number;
  endsAt: number;
}

/** Channels that could not be published to: each is skipped for a while, with exponential back-off. */
export class RestingChannels {
  private readonly rests = new Map<string, Rest>();

  /** @param now a monotonic clock in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Skips a channel: for 100 ms after its first failure, and for up to 10 s after more. */
  add(name: string): void {
    const lengthMs = Math.min(LONGEST_MS, (this.rests.get(name)?.lengthMs ?? SHORTEST_MS / 2) * 2);
    this.rests.set(name, { lengthMs, endsAt: this.now() + lengthMs });
  }

  delete(name: string): void {
    this.rests.delete(name);
  }

  /** The channels to skip now. */
  names(): string[] {
    const now = this.now();
    for (const [name, { endsAt }] of this.rests) if (endsAt + FORGET_MS < now) this.rests.delete(name);
    return [...this.rests].filter(([, { endsAt }]) => endsAt > now).map(([name]) => name);
  }

  /** Milliseconds until the next channel may be retried; Infinity if there is none. */
  shortestMs(): number {
    const now = this.now();
    const left = [...this.rests.values()].map(({ endsAt }) => endsAt - now).filter((ms) => ms > 0);
    return left.reduce((a, b) => Math.min(a, b), Infinity);
  }
}
