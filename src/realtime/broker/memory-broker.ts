import { Injectable } from '@nestjs/common';
import type { BrokerReceiver, HistoryLimits, Message, Messages, Publication, Published, History } from './broker.js';
import { Broker, IDEMPOTENCY_SECONDS, IDLE_CHANNEL_SECONDS } from './broker.js';
import type { Channel } from './channel.js';
import type { Position } from './cursor.js';
import { newEpoch, NO_TAG, tagOf } from './cursor.js';
import { withCursor } from './cursor-field.js';
import { ExpiringMap } from '../support/expiring-map.js';
import type { Topic } from './topic.js';

/** The broker of a single process: gives the same guarantees as Redis, in memory. */
@Injectable()
export class MemoryBroker extends Broker {
  override readonly checksGeneration = true;
  override readonly losesChannelsAlone = false;
  private readonly newest: ExpiringMap<Position>;
  private readonly histories: ExpiringMap<Publication[]>;
  private readonly published = new ExpiringMap<Position>(IDEMPOTENCY_SECONDS * 1_000);
  private readonly subscriptions = new Set<string>();
  private receiver: BrokerReceiver | null = null;

  constructor(private readonly limits: HistoryLimits) {
    super();
    this.newest = new ExpiringMap(Math.max(IDLE_CHANNEL_SECONDS, limits.ttlSeconds) * 1_000);
    this.histories = new ExpiringMap(limits.ttlSeconds * 1_000);
  }

  override publishAll(messages: Messages): Promise<Published[]> {
    return Promise.resolve(messages.map((message) => this.publishOne(message)));
  }

  override signal({ name }: Topic, payload: string): Promise<void> {
    if (this.subscriptions.has(name)) this.receiver?.signalled(name, Buffer.from(payload));
    return Promise.resolve();
  }

  override subscribe({ name }: Channel | Topic): Promise<void> {
    this.subscriptions.add(name);
    return Promise.resolve();
  }

  override unsubscribe({ name }: Channel | Topic): Promise<void> {
    this.subscriptions.delete(name);
    return Promise.resolve();
  }

  override position(channel: Channel): Promise<Position> {
    const position = this.current(channel);
    this.newest.set(channel.name, position);
    return Promise.resolve(position);
  }

  override positions(channels: readonly Channel[]): Promise<Position[]> {
    return Promise.all(channels.map((channel) => this.position(channel)));
  }

  override async keepAlive(channel: Channel): Promise<boolean> {
    await this.position(channel);
    return true;
  }

  override async history(channel: Channel, fromOffset: number, maxBytes = Infinity): Promise<History> {
    const position = await this.position(channel);
    const remembered = this.histories.get(channel.name) ?? [];
    const wanted = remembered.filter((each) => each.position.offset >= fromOffset);
    return { position, publications: upTo(maxBytes, wanted) };
  }

  override generation(): Promise<null> {
    return Promise.resolve(null);
  }

  override masters(): Promise<null> {
    return Promise.resolve(null);
  }

  override onLinkChange(): void {
    // There is no link that could be lost.
  }

  override listen(receiver: BrokerReceiver): void {
    this.receiver = receiver;
  }

  override isConnected(): boolean {
    return true;
  }

  private publishOne({ id, channel, body, idempotencyKey, except, formerPosition }: Message): Published {
    const key = idempotencyKey === null ? null : `${channel.name} ${idempotencyKey}`;
    const first = key === null ? undefined : this.published.get(key);
    if (first !== undefined) return { position: first, isRepetition: true };
    const last = this.current(channel);
    const position = { epoch: last.epoch, offset: last.offset + 1, tag: tagOf(id) };
    if (key !== null) this.published.set(key, position);
    this.newest.set(channel.name, position);
    const payload = Buffer.from(withCursor(body, position));
    const publishedAt = Date.now();
    const publication = { id, channel: channel.name, position, except, formerPosition, publishedAt, payload };
    if (this.limits.size > 0) this.remember(channel, publication);
    if (this.subscriptions.has(channel.name)) this.receiver?.receive(publication);
    return { position, isRepetition: false };
  }

  /** One more than the limit: the message at a cursor's own offset proves that the cursor belongs to this stream. */
  private remember(channel: Channel, publication: Publication): void {
    const before = publication.position.offset === 1 ? [] : (this.histories.get(channel.name) ?? []);
    this.histories.set(channel.name, [...before.slice(-this.limits.size), publication]);
  }

  private current(channel: Channel): Position {
    return this.newest.get(channel.name) ?? { epoch: newEpoch(), offset: 0, tag: NO_TAG };
  }
}

/** Bounds how many publications a slow reader keeps alive after history has dropped them. */
function upTo(maxBytes: number, publications: Publication[]): Publication[] {
  let room = maxBytes;
  const end = publications.findIndex(({ payload }, index) => {
    room -= payload.length;
    return room < 0 && index > 1;
  });
  return end === -1 ? publications : publications.slice(0, end);
}
