import type { Channel } from './channel.js';
import type { Topic } from './topic.js';

/** What is published to: a stream, or whoever listens to signals. */
export type Address = Channel | Topic;

/**
 * Names everything Herald keeps in Redis. The database's number is part of each name, because pub/sub knows no databases; the
 * names of one channel share its hash tag, so that a cluster keeps them together.
 */
export class RedisKeys {
  private readonly prefix: string;

  constructor(db: number) {
    this.prefix = `herald:${db}:`;
  }

  /** Names the life of the data. The one key that does not expire. */
  get generation(): string {
    return `${this.prefix}generation`;
  }

  /** The pub/sub channel, and what the channel's keys begin with. */
  channel({ name }: Address): string {
    return `${this.prefix}{${name}}`;
  }

  /** A hash: epoch, offset and tag of the newest message. */
  position(channel: Channel): string {
    return `${this.channel(channel)}:position`;
  }

  /** A list: the newest messages, without a gap. A stream would take 4 KB for the first of them. */
  history(channel: Channel): string {
    return `${this.channel(channel)}:history`;
  }

  /** The cursor of the message with this idempotency key, while the key is remembered. */
  once(channel: Channel, idempotencyKey: string): string {
    return `${this.channel(channel)}:once:${idempotencyKey}`;
  }

  /** What a ticket stands for. */
  ticket(hash: string): string {
    return `${this.prefix}ticket:${hash}`;
  }

  /** A set: the names of all nodes, also of those that have ended lately. */
  get nodes(): string {
    return `${this.prefix}nodes`;
  }

  /** There while a node lives. */
  lease(node: string): string {
    return `${this.prefix}{node:${node}}:lease`;
  }

  /** A hash: the records of a node's connections by their ids. */
  connections(node: string): string {
    return `${this.prefix}{node:${node}}:connections`;
  }

  /** A sorted set: the ids of a node's connections under each prefix that lists are filtered by. */
  connectionIndex(node: string): string {
    return `${this.prefix}{node:${node}}:index`;
  }

  /** A hash: how many connections to the channel each user has on each node. */
  presence(channel: Channel): string {
    return `${this.channel(channel)}:counts`;
  }

  /** A set: which users a node has counted, and where. */
  presenceOfNode(node: string): string {
    return `${this.prefix}{node:${node}}:presence`;
  }

  /** The name of the channel that a pub/sub channel belongs to. */
  nameOf(pubSubChannel: string): string {
    return pubSubChannel.slice(this.prefix.length + 1, -1);
  }
}
