import { Injectable } from '@nestjs/common';
import type { BrokerReceiver, Message } from './broker.js';
import { Broker, IDEMPOTENCY_SECONDS, IDLE_CHANNEL_SECONDS } from './broker.js';
import type { Channel } from './channel.js';
import type { Position } from './cursor.js';
import { formatCursor, newEpoch, NO_TAG, tagOf } from './cursor.js';
import { ExpiringMap } from './expiring-map.js';

/** The broker of a process that is alone: the same promises as Redis gives, kept in memory. */
@Injectable()
export class MemoryBroker extends Broker {
  private readonly positions = new ExpiringMap<Position>(IDLE_CHANNEL_SECONDS * 1_000);
  private readonly published = new ExpiringMap<true>(IDEMPOTENCY_SECONDS * 1_000);
  private readonly subscriptions = new Set<string>();
  private receiver: BrokerReceiver | null = null;

  override publish({ id, channel, kind, body, idempotencyKey }: Message): Promise<Position | null> {
    if (idempotencyKey !== null) {
      const key = `${channel.name} ${idempotencyKey}`;
      if (this.published.get(key) === true) return Promise.resolve(null);
      this.published.set(key, true);
    }
    const last = this.current(channel);
    const position = { epoch: last.epoch, offset: last.offset + 1, tag: tagOf(id) };
    this.positions.set(channel.name, position);
    if (this.subscriptions.has(channel.name)) {
      const payload = Buffer.from(`${body},"cursor":"${formatCursor(position)}"}`);
      this.receiver?.receive({ id, channel: channel.name, kind, position, payload });
    }
    return Promise.resolve(position);
  }

  override subscribe(channel: Channel): Promise<void> {
    this.subscriptions.add(channel.name);
    return Promise.resolve();
  }

  override unsubscribe(channel: Channel): Promise<void> {
    this.subscriptions.delete(channel.name);
    return Promise.resolve();
  }

  override position(channel: Channel): Promise<Position> {
    const position = this.current(channel);
    this.positions.set(channel.name, position);
    return Promise.resolve(position);
  }

  override listen(receiver: BrokerReceiver): void {
    this.receiver = receiver;
  }

  override isConnected(): boolean {
    return true;
  }

  private current(channel: Channel): Position {
    return this.positions.get(channel.name) ?? { epoch: newEpoch(), offset: 0, tag: NO_TAG };
  }
}
