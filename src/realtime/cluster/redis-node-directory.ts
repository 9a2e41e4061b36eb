import type { RealtimeRedis } from '../broker/realtime-redis.js';

/** How long the directory outlives the last renewal of any node. */
const DIRECTORY_SECONDS = 3_600;

/** How long the lease of a node that stops goes on, so that its clients can come back on other nodes. */
const FAREWELL_MS = 5_000;

/** Lists the nodes. Each keeps a lease that it renews regularly. */
export class RedisNodeDirectory {
  private readonly forgotten: (() => void)[] = [];
  /** Since when no renewal has failed or come too late; null: the last one has. Milliseconds of the monotonic clock. */
  private steadySince: number | null = null;

  constructor(
    private readonly redis: RealtimeRedis,
    readonly self: string,
    private readonly leaseMs: number,
  ) {}

  /** How often this node renews its lease: often enough that one renewal may be lost. */
  get renewalMs(): number {
    return this.leaseMs / 3;
  }

  /**
   * Renews this node's lease.
   * @returns whether the lease still existed; if not, Redis may have lost this node's other data, too
   * @throws {UnavailableError}
   */
  async renew(): Promise<boolean> {
    try {
      const wasKnown = await this.extend(this.leaseMs);
      if (!wasKnown) {
        this.steadySince = null;
        for (const listener of this.forgotten) listener();
      }
      this.steadySince ??= performance.now();
      return wasKnown;
    } catch (error) {
      this.steadySince = null;
      throw error;
    }
  }

  /** Whether Redis has been there for long enough that every node that runs has a lease. */
  get isSteady(): boolean {
    return this.steadySince !== null && performance.now() - this.steadySince >= this.leaseMs;
  }

  /** Calls back when the lease was gone. */
  onForgotten(listener: () => void): void {
    this.forgotten.push(listener);
  }

  /**
   * Lets the lease end soon; call it when this node renews it no more.
   * @throws {UnavailableError}
   */
  async leave(): Promise<void> {
    await this.extend(Math.min(this.leaseMs, FAREWELL_MS));
  }

  private async extend(leaseMs: number): Promise<boolean> {
    const { keys } = this.redis;
    const [former, added] = await this.redis.ask((commands) =>
      Promise.all([
        commands.set(keys.lease(this.self), '1', 'PX', leaseMs, 'GET'),
        commands.sadd(keys.nodes, this.self),
        commands.expire(keys.nodes, DIRECTORY_SECONDS),
      ]),
    );
    return former !== null && added === 0;
  }

  /**
   * The live nodes, and those that ended without cleaning up.
   * @throws {UnavailableError}
   */
  async list(): Promise<{ living: string[]; ended: string[] }> {
    const { keys } = this.redis;
    const nodes = await this.redis.ask((commands) => commands.smembers(keys.nodes));
    const leases = await this.redis.ask((commands) =>
      Promise.all(nodes.map((node) => commands.exists(keys.lease(node)))),
    );
    const lives = (_: string, index: number): boolean => leases[index] === 1;
    return { living: nodes.filter(lives), ended: nodes.filter((node, index) => !lives(node, index)) };
  }

  /** @throws {UnavailableError} */
  async forget(node: string): Promise<void> {
    await this.redis.ask((commands) => commands.srem(this.redis.keys.nodes, node));
  }
}
