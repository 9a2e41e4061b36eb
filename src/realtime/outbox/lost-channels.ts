import { setTimeout as wait } from 'node:timers/promises';

/** A lost shard is noticed by all its channels at about the same time: they are reopened together. */
const GATHER_MS = 20;
/** How many are reopened by one statement, which locks each. */
const MOST = 1_000;

type Reopen = (channels: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** Gathers channels that have lost messages, so that many cost one statement. */
export class LostChannels {
  private readonly names = new Set<string>();
  private gathered: Promise<ReadonlyMap<string, number>> | null = null;

  /** @param reopen returns by channel how many rows wait again */
  constructor(private readonly reopen: Reopen) {}

  /**
   * Resolves once the channel is reopened, with the number of rows that wait again.
   * @throws what reopening throws
   */
  async add(channel: string): Promise<number> {
    this.names.add(channel);
    this.gathered ??= this.gather();
    return (await this.gathered).get(channel) ?? 0;
  }

  private async gather(): Promise<ReadonlyMap<string, number>> {
    await wait(GATHER_MS);
    this.gathered = null;
    const names = [...this.names];
    this.names.clear();
    const counts = new Map<string, number>();
    for (let start = 0; start < names.length; start += MOST) {
      for (const [channel, count] of await this.reopen(names.slice(start, start + MOST))) counts.set(channel, count);
    }
    return counts;
  }
}
