import { setTimeout as wait } from 'node:timers/promises';

/** Commits the numbered change of an organization; resolves after the commit. */
export type Commit = (orgId: string, n: number) => Promise<void>;

/**
 * Commits numbered changes at a steady rate until stopped: 0, 1, 2 and so on in each organization, sequentially, so
 * that their order is known.
 */
export class Load {
  private readonly counts = new Map<string, number>();
  private readonly loops: Promise<void>;
  private isStopped = false;

  constructor(
    private readonly orgIds: readonly string[],
    private readonly commit: Commit,
    /** For all organizations together. */
    perSecond: number,
  ) {
    const intervalMs = (1_000 * orgIds.length) / perSecond;
    this.loops = Promise.all(orgIds.map((orgId) => this.run(orgId, intervalMs))).then(() => undefined);
    // `stop` reports the error.
    this.loops.catch(() => undefined);
  }

  /** How many changes of the organization were committed; the next change has this number. */
  count(orgId: string): number {
    return this.counts.get(orgId) ?? 0;
  }

  /** The smallest count of any organization. */
  get least(): number {
    return Math.min(...this.orgIds.map((orgId) => this.count(orgId)));
  }

  /** Rejects with the error of a failed commit. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.loops;
  }

  private async run(orgId: string, intervalMs: number): Promise<void> {
    const start = performance.now();
    for (let n = 0; !this.isStopped; n += 1) {
      await this.commit(orgId, n);
      this.counts.set(orgId, n + 1);
      await wait(Math.max(0, start + (n + 1) * intervalMs - performance.now()));
    }
  }
}
