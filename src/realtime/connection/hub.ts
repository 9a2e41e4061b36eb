import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Broker, type BrokerReceiver, type Publication } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { CLOSE } from './close-code.js';
import type { Connection } from './connection.js';
import { encodeTextFrame } from './frame.js';

interface Subscription {
  members: Set<Connection>;
  /** Resolves when the broker has confirmed the subscription. */
  confirmed: Promise<void>;
}

/** The one way out: knows this process's connections by their channel, and hands each publication to all of them. */
@Injectable()
export class Hub implements BrokerReceiver, OnModuleInit {
  private readonly logger = new Logger(Hub.name);
  private readonly subscriptions = new Map<string, Subscription>();

  constructor(private readonly broker: Broker) {}

  onModuleInit(): void {
    this.broker.listen(this);
  }

  /**
   * Adds a connection to its channel. What is published from when this resolves on reaches it; earlier messages may.
   * @throws {UnavailableError} if the broker can't subscribe; the connection is then no member
   */
  async add(connection: Connection): Promise<void> {
    const { channel } = connection.admission;
    const subscription = this.subscriptions.get(channel.name) ?? this.subscribe(channel);
    subscription.members.add(connection);
    try {
      await subscription.confirmed;
    } catch (error) {
      // The next connection has to ask the broker anew.
      if (this.subscriptions.get(channel.name) === subscription) this.subscriptions.delete(channel.name);
      throw error;
    }
  }

  /** Takes a connection out of its channel; the last one ends the process's subscription. */
  remove(connection: Connection): void {
    const { channel } = connection.admission;
    const subscription = this.subscriptions.get(channel.name);
    if (subscription?.members.delete(connection) !== true || subscription.members.size > 0) return;
    this.subscriptions.delete(channel.name);
    this.broker.unsubscribe(channel).catch((error: unknown) => {
      this.logger.warn(`Could not unsubscribe from a channel without members: ${String(error)}`);
    });
  }

  receive({ channel, kind, position, payload }: Publication): void {
    const subscription = this.subscriptions.get(channel);
    if (subscription === undefined) return;
    if (kind === 'eviction') {
      evict(subscription, payload);
    } else {
      const frame = encodeTextFrame(payload);
      for (const member of subscription.members) member.deliver(position, frame);
    }
  }

  /** All connections of this process. */
  *connections(): Generator<Connection> {
    for (const { members } of this.subscriptions.values()) yield* members;
  }

  private subscribe(channel: Channel): Subscription {
    const subscription = { members: new Set<Connection>(), confirmed: this.broker.subscribe(channel) };
    this.subscriptions.set(channel.name, subscription);
    return subscription;
  }
}

/** The payload was written by `BroadcastService.evictFromOrg`, and reaches us through a channel that only we write to. */
function evict({ members }: Subscription, payload: Buffer): void {
  const { user_id: userId } = JSON.parse(payload.toString()) as { user_id: string | null };
  for (const member of members) {
    if (userId === null || member.principal.userId === userId) member.close(CLOSE.notAMember);
  }
}
