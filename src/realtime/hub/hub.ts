import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { UnavailableError } from '../support/errors.js';
import { Semaphore } from '../support/semaphore.js';
import { Broker, type BrokerReceiver, type Publication } from '../broker/broker.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Channel } from '../broker/channel.js';
import { channelsOf } from '../connection/admission.js';
import type { Connection } from '../connection/connection.js';
import { Connections } from '../connection/connections.js';
import { Sending } from '../connection/sending.js';
import { RecoveryLog } from './recovery-log.js';
import { Revocations } from './revocations.js';
import { Signals } from './signals.js';
import { Subscription } from './subscription.js';

/** How often each channel's position is kept from expiring: well within an hour. */
const KEEP_ALIVE_MS = 1_500_000;
/** How often some of the channels have their turn. */
const TICK_MS = 1_000;
/** How many channels are compared or recovered at a time. */
const AT_ONCE = 200;
/** How many positions are compared in one round trip. */
const COMPARED_AT_ONCE = 500;
/** For how long one of them may keep others waiting; it then goes on beside them. */
const PATIENCE_MS = 1_000;

/** The one way out: keeps this process's subscriptions, and delivers each publication to its channel's connections. */
@Injectable()
export class Hub implements BrokerReceiver, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Hub.name);
  private readonly subscriptions = new Map<string, Subscription>();
  /** Whose turn it is to be kept alive. It sees channels that come and go. */
  private turn = this.subscriptions.values();
  private checkTimer: NodeJS.Timeout | undefined;
  /** Channels whose positions are to be compared. */
  private readonly unchecked = new Set<Subscription>();
  private isChecking = false;

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly broker: Broker,
    private readonly relay: OutboxRelay,
    private readonly metrics: RealtimeMetrics,
    private readonly connections: Connections,
    private readonly revocations: Revocations,
    private readonly signals: Signals,
    private readonly sending: Sending,
    private readonly log: RecoveryLog,
  ) {}

  onModuleInit(): void {
    this.broker.listen(this);
    this.metrics.gauge('herald_broker_connected', 'Whether messages can be published and received', () =>
      Number(this.broker.isConnected()),
    );
    this.metrics.gauge('herald_subscriptions', 'Channels that this process has connections for', () => {
      return this.subscriptions.size;
    });
    this.checkTimer = setInterval(() => {
      this.signals.retry();
      this.checkSome();
      void inTurns(this.someSubscriptions(), (each) => each.keepAlive());
    }, TICK_MS).unref();
    this.relay.losses.onLoss(() => this.checkAll());
  }

  onApplicationShutdown(): void {
    clearInterval(this.checkTimer);
  }

  /**
   * Adds a connection to its channel and topics. Everything published after this resolves reaches it; earlier messages
   * may, too.
   * @returns the subscription of the connection's channel
   * @throws {UnavailableError} if the broker can't subscribe; the caller must then remove the connection
   */
  async add(connection: Connection): Promise<Subscription> {
    // Otherwise a channel that is already subscribed would accept a member while nothing can arrive.
    if (!this.broker.isConnected()) throw new UnavailableError('redis');
    this.connections.add(connection);
    const { channel, alsoReceives = [] } = connection.admission;
    const [subscription] = await Promise.all([
      this.enter(channel, (each) => each.members.add(connection)),
      this.signals.enter(connection),
      ...alsoReceives.map((other) => this.enter(other, (each) => each.listeners.add(connection))),
    ]);
    return subscription;
  }

  /** Removes a connection. The last one of a channel ends the process's subscription. */
  remove(connection: Connection): void {
    this.connections.remove(connection);
    for (const channel of channelsOf(connection.admission)) this.leave(channel, connection);
    this.signals.leave(connection);
  }

  /** Grows whenever there is a new reason to `confirm`. */
  get doubts(): number {
    return this.relay.losses.doubts;
  }

  /**
   * Whether the broker has everything that was published to a channel, even if it may have lost some. Never rejects.
   * @returns false if that could not be made sure in time
   */
  async confirm(channel: Channel): Promise<boolean> {
    const isWhole = await this.relay.losses.confirm(channel);
    if (!isWhole) this.log.note('unconfirmed', `${channel.name}: a client resumed, and Redis may have lost messages`);
    return isWhole;
  }

  receive(publication: Publication): void {
    this.subscriptions.get(publication.channel)?.receive(publication);
  }

  signalled(topic: string, payload: Buffer): void {
    this.signals.receive(topic, payload);
  }

  interrupted(): void {
    this.log.note('link_down', 'the link from the broker was cut');
  }

  /**
   * Revocation signals may have been lost during the interruption. So channels that require a membership deliver
   * nothing until recent revocations are read from the outbox; users' own channels recover at once.
   */
  resynchronize(): void {
    this.metrics.reconnects.inc();
    const all = [...this.subscriptions.values()];
    this.log.note('link_up', `comparing ${all.length} channels with the broker`);
    const held = all.filter(({ channel }) => takesMembership(channel));
    const free = all.filter(({ channel }) => !takesMembership(channel));
    for (const each of held) each.hold();
    void this.recover(free);
    void this.revocations.catchUp().then(() => {
      for (const each of held) each.release();
      return this.recover(held);
    });
  }

  /** Never rejects. Channels that have missed nothing, usually nearly all, cost a fraction of a round trip. */
  private async recover(all: readonly Subscription[]): Promise<void> {
    const behind: Subscription[] = [];
    for (let start = 0; start < all.length; start += COMPARED_AT_ONCE) {
      const some = all.slice(start, start + COMPARED_AT_ONCE);
      const newest = await this.broker.positions(some.map(({ channel }) => channel)).catch(() => null);
      if (newest === null) {
        // The broker is down again. Each channel tries for as long as it takes.
        for (const each of all.slice(start)) behind.push(each);
        break;
      }
      for (const [n, each] of some.entries()) {
        const position = newest[n] ?? null;
        if (position === null || !each.resumeAt(position)) behind.push(each);
      }
    }
    await inTurns(behind, (each) => each.catchUp());
  }

  doubt(): void {
    if (this.subscriptions.size === 0) return;
    this.log.note('shard_link_up', `comparing ${this.subscriptions.size} channels with the broker`);
    void this.revocations.catchUp();
    this.checkAll();
  }

  /** Compares the positions of all channels with the broker's, until each could be compared. */
  private checkAll(): void {
    for (const each of this.subscriptions.values()) this.unchecked.add(each);
    this.checkSome();
  }

  /** One at a time; what fails is tried again with the next tick. */
  private checkSome(): void {
    if (this.isChecking || this.unchecked.size === 0) return;
    this.isChecking = true;
    const some = [...this.unchecked];
    this.unchecked.clear();
    const check = async (each: Subscription): Promise<void> => {
      if (each.isWanted && !(await each.check())) this.unchecked.add(each);
    };
    void inTurns(some, check).finally(() => (this.isChecking = false));
  }

  /** The next subscriptions in turn, so that each has its turn within the interval. */
  private someSubscriptions(): Subscription[] {
    const count = Math.ceil((this.subscriptions.size * TICK_MS) / KEEP_ALIVE_MS);
    const some: Subscription[] = [];
    while (some.length < count) {
      const { value } = this.turn.next();
      if (value !== undefined) some.push(value);
      else this.turn = this.subscriptions.values();
    }
    return some;
  }

  disregard(): void {
    this.metrics.foreignMessages.inc();
  }

  private async enter(channel: Channel, admit: (subscription: Subscription) => void): Promise<Subscription> {
    const subscription = this.subscriptions.get(channel.name) ?? this.subscribe(channel);
    admit(subscription);
    try {
      await subscription.confirmed;
    } catch (error) {
      // The next connection must subscribe anew.
      if (this.subscriptions.get(channel.name) === subscription) this.end(channel);
      throw error;
    }
    return subscription;
  }

  private leave(channel: Channel, connection: Connection): void {
    const subscription = this.subscriptions.get(channel.name);
    if (subscription?.remove(connection) === true && !subscription.isWanted) this.end(channel);
  }

  private end(channel: Channel): void {
    this.subscriptions.delete(channel.name);
    this.broker.unsubscribe(channel).catch((error: unknown) => {
      this.logger.debug(`Unsubscribe failed; takes effect at the next reconnect: ${String(error)}`);
    });
  }

  /** Never rejects. */
  private async republish(channel: Channel): Promise<void> {
    const count = await this.relay.losses.republish(channel);
    this.log.note('republished', `${channel.name}: the outbox republishes ${count} messages`);
  }

  private subscribe(channel: Channel): Subscription {
    const subscription = new Subscription(channel, {
      broker: this.broker,
      metrics: this.metrics,
      log: this.log,
      sending: this.sending,
      historySize: this.settings.history.size,
      onDiverged: () => void this.republish(channel),
    });
    this.subscriptions.set(channel.name, subscription);
    return subscription;
  }
}

function takesMembership({ kind }: Channel): boolean {
  return kind !== 'user';
}

/** Resolves when all have been worked on, or have taken too long. */
async function inTurns(
  all: readonly Subscription[],
  work: (subscription: Subscription) => Promise<void>,
): Promise<void> {
  const places = new Semaphore(AT_ONCE);
  const patience = (): Promise<void> => wait(PATIENCE_MS, undefined, { ref: false });
  await Promise.all(all.map((each) => places.run(() => Promise.race([work(each), patience()]))));
}
