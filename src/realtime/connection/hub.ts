import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../../config/environment.js';
import { UnavailableError } from '../../http/errors.js';
import { Broker, type BrokerReceiver, type Publication } from '../broker/broker.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { Channel } from '../broker/channel.js';
import type { Connection } from './connection.js';
import { ConnectionIndex } from './connection-index.js';
import { type DisconnectionMessage, Disconnections } from './disconnection.js';
import { type Delivery, toMembers, toNode, toWatchers } from './delivery.js';
import { Subscription } from './subscription.js';

/** How often the positions of all channels are compared with the broker's. */
const CHECK_INTERVAL_MS = 15_000;
/** How many channels are compared or caught up at a time. */
const BATCH = 200;

/**
 * The one way out: knows this process's connections by their channels, and hands each publication to all of them. Besides its
 * own, every connection is in the channel of all nodes, and in its organization's presence if it wants to watch it.
 */
@Injectable()
export class Hub implements BrokerReceiver, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Hub.name);
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly index = new ConnectionIndex();
  private readonly disconnections = new Disconnections(this.index);
  private readonly allNodes = Channel.ofAllNodes();
  private checkTimer: NodeJS.Timeout | undefined;
  private clear: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly broker: Broker,
    private readonly relay: OutboxRelay,
    private readonly metrics: RealtimeMetrics,
  ) {}

  onModuleInit(): void {
    this.broker.listen(this);
    this.metrics.gauge('herald_broker_connected', 'Whether messages can be published and received', () =>
      Number(this.broker.isConnected()),
    );
    this.metrics.gaugeBy('endpoint', 'herald_connections', 'Connections of this process', () => this.count());
    this.metrics.gauge('herald_subscriptions', 'Channels that this process has connections for', () => {
      return this.subscriptions.size;
    });
    this.checkTimer = setInterval(
      () => void inBatches([...this.subscriptions.values()], (each) => each.check()),
      CHECK_INTERVAL_MS,
    ).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.checkTimer);
  }

  /**
   * Adds a connection to its channels. What is published from when this resolves on reaches it; earlier messages may.
   * @returns that of the connection's own channel
   * @throws {UnavailableError} if the broker can't subscribe; the connection is then to be removed again
   */
  async add(connection: Connection): Promise<Subscription> {
    // A channel that is subscribed to already would take a new member also while nothing can come in.
    if (!this.broker.isConnected()) throw new UnavailableError('redis');
    this.index.add(connection);
    const [own] = await Promise.all([
      this.enter(connection.admission.channel, connection),
      ...this.furtherChannels(connection).map((channel) => this.enter(channel, connection)),
    ]);
    return own;
  }

  /** Takes a connection out of its channels; the last one of a channel ends the process's subscription. */
  remove(connection: Connection): void {
    this.index.remove(connection);
    this.leave(connection.admission.channel, connection);
    for (const channel of this.furtherChannels(connection)) this.leave(channel, connection);
  }

  receive(publication: Publication): void {
    this.subscriptions.get(publication.channel)?.receive(publication);
  }

  resynchronize(): void {
    this.metrics.reconnects.inc();
    // All at once: any of them may have somebody who must not see even the next message.
    const held = [...this.subscriptions.values()];
    for (const each of held) each.hold();
    void this.clear().then(() => inBatches(held, (each) => each.release()));
  }

  /**
   * Sets what is waited for, once the link to the broker is whole again, before anybody gets anything more: while it was cut, nobody
   * could be told who is to be sent away. MUST NOT reject.
   */
  clearBeforeResuming(clear: () => Promise<void>): void {
    this.clear = clear;
  }

  disregard(): void {
    this.metrics.foreignMessages.inc();
  }

  /** Ends whom a disconnection names that the outbox has, unless the broker has brought it already. */
  makeUpFor(disconnection: DisconnectionMessage): void {
    this.disconnections.makeUpFor(disconnection);
  }

  /** All connections of this process. */
  connections(): IterableIterator<Connection> {
    return this.index.all();
  }

  private furtherChannels({ admission: { channel, watchesPresence } }: Connection): Channel[] {
    const isWatching = watchesPresence === true && channel.kind === 'org';
    return isWatching ? [this.allNodes, Channel.ofPresence(channel.id)] : [this.allNodes];
  }

  private async enter(channel: Channel, connection: Connection): Promise<Subscription> {
    const subscription = this.subscriptions.get(channel.name) ?? this.subscribe(channel);
    subscription.members.add(connection);
    try {
      await subscription.confirmed;
    } catch (error) {
      // The next connection has to ask the broker anew.
      if (this.subscriptions.get(channel.name) === subscription) this.end(channel);
      throw error;
    }
    return subscription;
  }

  private leave(channel: Channel, connection: Connection): void {
    const subscription = this.subscriptions.get(channel.name);
    if (subscription?.members.delete(connection) !== true || subscription.members.size > 0) return;
    this.end(channel);
  }

  private count(): Record<Connection['admission']['endpoint'], number> {
    const counts = { notifications: 0, events: 0 };
    for (const { admission } of this.connections()) counts[admission.endpoint] += 1;
    return counts;
  }

  private end(channel: Channel): void {
    this.subscriptions.delete(channel.name);
    this.broker.unsubscribe(channel).catch((error: unknown) => {
      this.logger.debug(`A channel without members is left at the next reconnect only: ${String(error)}`);
    });
  }

  private subscribe(channel: Channel): Subscription {
    const subscription = new Subscription(channel, {
      broker: this.broker,
      metrics: this.metrics,
      historySize: this.environment.history.size,
      deliver: this.deliveryOf(channel),
      onDiverged: () => void this.relay.republish(channel),
    });
    this.subscriptions.set(channel.name, subscription);
    return subscription;
  }

  private deliveryOf({ kind }: Channel): Delivery {
    if (kind === 'node') return toNode(this.disconnections, this.metrics);
    return kind === 'presence' ? toWatchers : toMembers(this.metrics);
  }
}

async function inBatches(
  all: readonly Subscription[],
  work: (subscription: Subscription) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < all.length; start += BATCH) {
    await Promise.all(all.slice(start, start + BATCH).map(work));
  }
}
