import type { RealtimeRedis } from '../broker/realtime-redis.js';

/** How long the directory is kept after the last node has said that it lives. */
const DIRECTORY_SECONDS = 3_600;

/** Which nodes there are: each says from time to time that it lives. */
export class RedisNodeDirectory {
  constructor(
    private readonly redis: RealtimeRedis,
    readonly self: string,
    private readonly leaseMs: number,
  ) {}

  /** How often this node has to say that it lives, so that one word may be lost. */
  get renewalMs(): number {
    return this.leaseMs / 3;
  }

  /**
   * Says that this node lives.
   * @returns whether it was known to; if not, Redis may have lost what else this node has written
   * @throws {UnavailableError}
   */
  async renew(): Promise<boolean> {
    const { keys } = this.redis;
    const [former] = await this.redis.ask((commands) =>
      Promise.all([
        commands.set(keys.lease(this.self), '1', 'PX', this.leaseMs, 'GET'),
        commands.sadd(keys.nodes, this.self),
        commands.expire(keys.nodes, DIRECTORY_SECONDS),
      ]),
    );
    return former !== null;
  }

  /**
   * The nodes that live, and those that have ended without a word.
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
