import { Logger } from '@nestjs/common';
import { Cluster, type Redis, ReplyError } from 'ioredis';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import type { Address, RedisKeys } from './redis-keys.js';

/** How often the link is pinged. It is dropped when the answer exceeds the command timeout. */
const PROBE_INTERVAL_MS = 1_000;
/** How long to wait before retrying subscriptions that Redis has refused. */
const REFUSAL_PAUSE_MS = 1_000;
/** How many channels one command subscribes to after a reconnect. */
const BATCH = 500;

const logger = new Logger('RedisSubscriber');

export interface SubscriberEvents {
  onMessage: (channel: string, message: Buffer) => void;
  onCut: () => void;
  /** The link is restored after a cut, with every subscription. */
  onRestored: () => void;
  /** In a cluster: links to some shards are new, and may have missed what came before. */
  onShardsRestored: () => void;
}

/**
 * The link that publications arrive by. It restores the subscriptions after reconnects, and detects a dead link whose
 * connection still looks alive: a black-holed one would stay `ready` for ever.
 *
 * The subscriptions are kept here because ioredis forgets all of them if the link is cut again while it resubscribes,
 * and restores those that could not be ended while Redis was down. In a cluster, where every shard has its own link,
 * ioredis does keep them, and tells when it has opened links anew.
 */
export class RedisSubscriber {
  private readonly failures = new QuietErrorLog(logger, 'Could not subscribe to Redis, retrying');
  private readonly silences = new QuietErrorLog(logger, 'The Redis subscription link does not answer, reconnecting');
  private readonly wanted = new Set<string>();
  private readonly isCluster: boolean;
  private isListening = false;
  private wasListening = false;
  private probeTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly link: Redis | Cluster,
    private readonly keys: RedisKeys,
    private readonly events: SubscriberEvents,
  ) {
    this.isCluster = link instanceof Cluster;
    const event = this.isCluster ? 'smessageBuffer' : 'messageBuffer';
    link.on(event, (name: Buffer, message: Buffer) => {
      // Before `onRestored`, what arrives may not continue what was received before the cut.
      if (this.isListening) this.events.onMessage(this.keys.nameOf(name.toString()), message);
    });
    link.on('ready', () => void this.onReady());
    link.on('close', () => this.onClose());
    link.on('subscribersReady', () => this.events.onShardsRestored());
  }

  get isConnected(): boolean {
    return this.isListening && this.link.status === 'ready';
  }

  /** @throws what ioredis throws; the channel is then not subscribed, unless it was before */
  async subscribe(address: Address): Promise<void> {
    const name = this.keys.channel(address);
    const wasWanted = this.wanted.has(name);
    this.wanted.add(name);
    try {
      // Otherwise ioredis would keep the name twice, and send it twice after each reconnect.
      if (this.isCluster && wasWanted) await this.link.sunsubscribe(name);
      // Meanwhile it may have been given up.
      if (this.wanted.has(name)) await this.ask([name]);
    } catch (error) {
      if (!wasWanted) this.wanted.delete(name);
      throw error;
    }
  }

  /** @throws what ioredis throws; the subscription ends at the next reconnect at the latest */
  async unsubscribe(address: Address): Promise<void> {
    const name = this.keys.channel(address);
    this.wanted.delete(name);
    await (this.isCluster ? this.link.sunsubscribe(name) : this.link.unsubscribe(name));
  }

  close(): void {
    clearInterval(this.probeTimer);
    clearTimeout(this.retryTimer);
    this.link.disconnect();
  }

  private async onReady(): Promise<void> {
    try {
      await this.subscribeAgain();
    } catch (error) {
      this.failures.report(error instanceof Error ? error : new Error(String(error)));
      // Reconnecting would not help, for example if the Redis user has no right to subscribe.
      if (error instanceof ReplyError) {
        this.retryTimer = setTimeout(() => void this.onReady(), REFUSAL_PAUSE_MS).unref();
      } else {
        this.link.disconnect(true);
      }
      return;
    }
    this.isListening = true;
    clearInterval(this.probeTimer);
    // In a cluster it would go to any node, and not to the shards' links; see `ShardProbes`.
    if (!this.isCluster) this.probeTimer = setInterval(() => void this.probe(), PROBE_INTERVAL_MS).unref();
    if (this.wasListening) this.events.onRestored();
    this.wasListening = true;
  }

  private onClose(): void {
    if (this.isListening) this.events.onCut();
    this.isListening = false;
    clearInterval(this.probeTimer);
    clearTimeout(this.retryTimer);
  }

  private async subscribeAgain(): Promise<void> {
    if (this.isCluster) return;
    const names = [...this.wanted];
    for (let start = 0; start < names.length; start += BATCH) await this.ask(names.slice(start, start + BATCH));
  }

  private async ask(names: string[]): Promise<void> {
    await (this.isCluster ? this.link.ssubscribe(...names) : this.link.subscribe(...names));
  }

  private async probe(): Promise<void> {
    try {
      await this.link.ping();
    } catch (error) {
      if (!this.isListening) return;
      this.silences.report(error instanceof Error ? error : new Error(String(error)));
      this.link.disconnect(true);
    }
  }
}
