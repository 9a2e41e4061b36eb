import type { Channel } from './channel.js';
import type { Topic } from './topic.js';

/** What messages are published to (a channel) and signals are sent to (a topic). */
export type Address = Channel | Topic;

/**
 * Names everything Herald keeps in Redis. Each name includes the database's number, because pub/sub ignores databases.
 * The keys of one channel share its hash tag, so that a cluster keeps them together.
 */
export class RedisKeys {
  private readonly prefix: string;

  constructor(db: number) {
    this.prefix = `herald:${db}:`;
  }

  /** The generation of the data. The only key that does not expire. */
  get generation(): string {
    return `${this.prefix}generation`;
  }

  /** The pub/sub channel, and the prefix of the channel's keys. */
  channel({ name }: Address): string {
    return `${this.prefix}{${name}}`;
  }

  /** A hash: epoch, offset and tag of the newest message. */
  position(channel: Channel): string {
    return `${this.channel(channel)}:position`;
  }

  /** A list: the newest messages, without a gap. A Redis stream would take 4 KB for the first message. */
  history(channel: Channel): string {
    return `${this.channel(channel)}:history`;
  }

  /** The cursor of the first message with this idempotency key, for as long as the key is remembered. */
  once(channel: Channel, idempotencyKey: string): string {
    return `${this.channel(channel)}:once:${idempotencyKey}`;
  }

  /** The principal of a ticket. */
  ticket(hash: string): string {
    return `${this.prefix}ticket:${hash}`;
  }

  /** A set: the names of all nodes, including those that ended recently. */
  get nodes(): string {
    return `${this.prefix}nodes`;
  }

  /** Exists while the node is alive. */
  lease(node: string): string {
    return `${this.prefix}{node:${node}}:lease`;
  }

  /** A hash: the records of a node's connections, by id. */
  connections(node: string): string {
    return `${this.prefix}{node:${node}}:connections`;
  }

  /** A sorted set: the ids of a node's connections, once under each filter prefix. */
  connectionIndex(node: string): string {
    return `${this.prefix}{node:${node}}:index`;
  }

  /** A hash: each user's number of connections, on each node; in the shard where changes are signalled. */
  presence(topic: Topic): string {
    return `${this.channel(topic)}:present`;
  }

  /** The node that cleans up after ended ones. */
  get sweeper(): string {
    return `${this.prefix}sweeper`;
  }

  /** A set: the organizations and users that a node has counted. */
  presenceOfNode(node: string): string {
    return `${this.prefix}{node:${node}}:presence`;
  }

  /** The name of the channel that a pub/sub channel belongs to. */
  nameOf(pubSubChannel: string): string {
    return pubSubChannel.slice(this.prefix.length + 1, -1);
  }
}
