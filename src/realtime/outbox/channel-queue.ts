import { setTimeout as wait } from 'node:timers/promises';

/** When Redis fails, all its channels are asked about at about the same time. */
const GATHER_MS = 20;
/** How many channels one transaction takes, as it locks each. */
const MOST = 50;

type Work = (channels: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** Gathers work on single channels, so that many cost one statement. */
export class ChannelQueue {
  private gathering: Promise<Map<string, Promise<number>>> | null = null;
  private names = new Set<string>();
  /** The work before, which one transaction at a time does: others need connections, too. Never rejects. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param work returns a number for each channel; 0 for those that it leaves out */
  constructor(private readonly work: Work) {}

  /** @throws what the work throws */
  async add(channel: string): Promise<number> {
    this.names.add(channel);
    this.gathering ??= this.gather();
    return (await this.gathering).get(channel) ?? 0;
  }

  /** Each part waits for the one before, and fails alone. */
  private async gather(): Promise<Map<string, Promise<number>>> {
    await Promise.all([wait(GATHER_MS), this.last]);
    const names = [...this.names];
    this.names = new Set();
    this.gathering = null;
    const results = new Map<string, Promise<number>>();
    let before: Promise<unknown> = Promise.resolve();
    for (let start = 0; start < names.length; start += MOST) {
      const part = names.slice(start, start + MOST);
      const counts = before.then(() => this.work(part));
      before = counts.catch(() => undefined);
      for (const name of part) results.set(name, countIn(counts, name));
    }
    this.last = before;
    return results;
  }
}

async function countIn(counts: Promise<ReadonlyMap<string, number>>, channel: string): Promise<number> {
  return (await counts).get(channel) ?? 0;
}
