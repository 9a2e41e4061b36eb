import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Broker, type Message, type MessageKind } from '../broker/broker.js';
import { Channel } from '../broker/channel.js';
import { Outbox } from '../outbox/outbox.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Notifications, OrgEvents } from './catalogue.js';
import { isEventType } from './catalogue.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from './json.js';
import { readNotification } from './notification.js';
import { serialize, toJsonObject } from './payload.js';

export interface BroadcastOptions {
  /** Makes the message part of this transaction: published after the commit, exactly if the commit happens. */
  manager?: EntityManager;
  /** Of all messages to one user or organization with the same key, 10 minutes long, only the first is published. */
  idempotencyKey?: string;
}

/** A notification as its sender writes it: `timestamp` is added where there is none, further fields are the sender's. */
export type NotificationMessage<T extends string = string> = {
  title: string;
  body?: string;
  type?: T;
  timestamp?: string;
} & (T extends keyof Notifications ? Notifications[T] : Record<string, unknown>);

const IDEMPOTENCY_KEY_LENGTH = 200;

/**
 * The one way in: every notification and event of the backend starts here, in controllers, entity subscribers and job
 * processors alike, and in processes that serve no sockets.
 *
 * Arguments are checked when called, and copied: what is wrong is an `InvalidBroadcastError` at the call site, and nothing
 * was sent.
 */
@Injectable()
export class BroadcastService {
  constructor(
    private readonly broker: Broker,
    private readonly outbox: Outbox,
    private readonly metrics: RealtimeMetrics,
  ) {}

  /**
   * Notifies one user, on all of the user's connections.
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async broadcastNotification<T extends string>(
    userId: string,
    notification: NotificationMessage<T>,
    options: BroadcastOptions = {},
  ): Promise<void> {
    const channel = channelOf('user_id', () => Channel.ofUser(userId));
    const frame = { type: 'notification', notification: readNotification(notification) };
    await this.send(channel, serialize(frame, 'notification'), options);
  }

  /**
   * Tells an organization's connected members that something happened.
   * @param eventType of the form `word.word`; one of the catalogue has typed data
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async broadcastOrgEvent<T extends string>(
    orgId: string,
    eventType: T,
    data: T extends keyof OrgEvents ? OrgEvents[T] : object,
    options: BroadcastOptions = {},
  ): Promise<void> {
    const channel = channelOf('org_id', () => Channel.ofOrganization(orgId));
    if (typeof eventType !== 'string' || !isEventType(eventType)) {
      throw new InvalidBroadcastError('event_type', 'takes the form word.word, such as invoice.paid, in lower case');
    }
    const frame: JsonObject = { type: 'event', event_type: eventType, data: toJsonObject(data, 'data') };
    await this.send(channel, serialize(frame, 'data'), options);
  }

  /**
   * Ends connections to an organization, on every node, with 4003: those of a member whose membership ends in this
   * transaction, or all of them.
   * @param userId null: everybody's
   * @throws {InvalidBroadcastError}
   */
  async evictFromOrg(orgId: string, userId: string | null, options: BroadcastOptions = {}): Promise<void> {
    const channel = channelOf('org_id', () => Channel.ofOrganization(orgId));
    await this.send(channel, JSON.stringify({ user_id: userId }), options, 'eviction');
  }

  private async send(
    channel: Channel,
    text: string,
    { manager, idempotencyKey }: BroadcastOptions,
    kind: MessageKind = 'frame',
  ): Promise<void> {
    if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > IDEMPOTENCY_KEY_LENGTH)) {
      throw new InvalidBroadcastError('idempotencyKey', `takes 1 to ${IDEMPOTENCY_KEY_LENGTH} characters`);
    }
    // The broker adds the cursor and the closing brace.
    const body = text.slice(0, -1);
    const message: Message = {
      id: uuidv7(),
      channel,
      kind,
      body,
      idempotencyKey: idempotencyKey ?? null,
      formerPosition: null,
    };
    if (manager === undefined) await this.metrics.publishing(kind, () => this.broker.publish(message));
    else await this.outbox.add(message, manager);
  }
}

function channelOf(field: string, make: () => Channel): Channel {
  try {
    return make();
  } catch (error) {
    throw new InvalidBroadcastError(field, error instanceof Error ? error.message : String(error));
  }
}
