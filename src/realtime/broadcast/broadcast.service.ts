import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { type Channel, orgChannel, userChannel } from '../broker/channel.js';
import { CLOSE, type Close } from '../connection/close-code.js';
import type { RevocationTarget } from '../outbox/revocation.js';
import { RealtimeSettings } from '../settings.js';
import { readItem } from '../support/errors.js';
import type { OrgEvents } from './catalogue.js';
import { channelOf, expectChannel, expectClose, expectEventType, expectOwnOrg } from './argument-checks.js';
import type {
  DataIn,
  NotificationOptions,
  NotificationsOptions,
  OrgEvent,
  RevokeOptions,
  TypeIn,
  UserNotification,
} from './broadcast-options.js';
import { definedEvents } from './data-classes.js';
import { DataCheck } from './data-check.js';
import type { JsonObject } from '../broker/json.js';
import { type NotificationMessage, PreparedNotification, readNotification } from './notification.js';
import { type Addressed, type NotificationReceipt, Notifier, type Outcome, type Transactions } from './notifier.js';
import { serialize, toJsonObject } from './payload.js';
import { type BroadcastOptions, expectIdempotencyKey, type Outgoing, Publisher } from './publisher.js';

/**
 * The one way in: every notification and event of the backend starts here, whether it comes from a controller, an
 * entity subscriber or a job processor, and also in processes without a WebSocket server.
 *
 * Arguments are checked and copied at the call: invalid ones throw an `InvalidBroadcastError`, and nothing is sent.
 * Outside production, the fields of every type that has a class are checked, too (`data-classes.ts`).
 */
@Injectable()
export class BroadcastService {
  private readonly notifier: Notifier;

  constructor(
    @Inject(Publisher) private readonly publisher: Pick<Publisher, 'publishAll' | 'announce' | 'revoke'>,
    private readonly check: DataCheck,
    @InjectDataSource() private readonly dataSource: Transactions,
    @Inject(RealtimeSettings) { inbox }: Pick<RealtimeSettings, 'inbox'>,
  ) {
    this.notifier = new Notifier(publisher, dataSource, inbox);
  }

  /**
   * Notifies one user: stores the notification in the user's inbox and sends it to all of the user's connections, both
   * in one transaction: the caller's, if `manager` is given. Without an inbox it is only sent.
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if it is ephemeral, without `manager`, and the broker is down
   */
  async broadcastNotification<T extends string>(
    userId: string,
    notification: NotificationMessage<T>,
    options: NotificationOptions = {},
  ): Promise<NotificationReceipt> {
    const { idempotencyKey, ephemeral = false } = options;
    const addressed = this.address({ userId, notification, idempotencyKey }, options);
    return this.notifier.notify(addressed, ephemeral, options);
  }

  /**
   * Gives many users the same notification, each once, as `broadcastNotification` does for one: stores all or none of them,
   * in a few statements. Those that are only sent, without `manager`, are not all sent if one fails.
   * @returns how many were stored, repeated, muted or, without being stored, sent
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if they are ephemeral, without `manager`, and the broker is down
   */
  async broadcastNotifications<T extends string>(
    userIds: readonly string[],
    notification: NotificationMessage<T>,
    options: NotificationsOptions & Pick<NotificationOptions, 'idempotencyKey'> = {},
  ): Promise<Record<Outcome, number>> {
    const { idempotencyKey, ephemeral = false } = options;
    const prepared = this.prepare(notification, options);
    expectIdempotencyKey(idempotencyKey);
    const channels = userIds.map((userId, n) => channelOf(`user_ids.${n}`, () => userChannel.of(userId)));
    const once = [...new Map(channels.map((channel) => [channel.name, channel])).values()];
    const all = once.map((channel): Addressed => ({ channel, prepared, idempotencyKey: idempotencyKey ?? null }));
    return this.notifier.notifyAll(all, ephemeral, options);
  }

  /**
   * Sends many users a notification each, in the given order for each user; otherwise like `broadcastNotifications`.
   * @throws {InvalidBroadcastError} naming the field, such as `notifications.3.notification.title`
   */
  async broadcastEachNotification(
    notifications: readonly UserNotification[],
    options: NotificationsOptions = {},
  ): Promise<Record<Outcome, number>> {
    const all = notifications.map((each, n) => readItem(`notifications.${n}`, () => this.address(each, options)));
    return this.notifier.notifyAll(all, options.ephemeral === true, options);
  }

  /**
   * Sends a notification to every user who is online, on all nodes, without storing it. Ignores mute settings; don't
   * use it for types that can be muted.
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async broadcastToEveryone<T extends string>(
    notification: NotificationMessage<T>,
    options: Pick<BroadcastOptions, 'manager'> = {},
  ): Promise<void> {
    const content = readNotification(notification);
    this.check.expectNotification(content);
    const text = serialize({ type: 'notification', notification: content }, 'notification');
    await this.publisher.announce(text, options);
  }

  /** Sends an inbox change to all of the user's connections, in the transaction that makes the change. */
  async broadcastInboxChange(userId: string, change: JsonObject, manager: EntityManager): Promise<void> {
    const text = JSON.stringify({ type: 'inbox', ...change });
    await this.publisher.publishAll([{ channel: userChannel.of(userId), body: text }], { manager });
  }

  /**
   * Sends an event to an organization's connected members.
   * @param eventType of the form `word.word`; defined types have typed data
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async broadcastOrgEvent<T extends string>(
    orgId: string,
    eventType: T,
    data: T extends keyof OrgEvents ? OrgEvents[T] : object,
    options: BroadcastOptions = {},
  ): Promise<void> {
    const channel = channelOf('org_id', () => orgChannel.of(orgId));
    await this.publisher.publishAll([this.orgEvent(channel, { eventType, data }, options)], options);
  }

  /**
   * Sends an organization many events, in their order. With `manager` all or none; without it, those before a failure
   * were sent.
   * @throws {InvalidBroadcastError} naming the field, such as `events.3.data`
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async broadcastOrgEvents(
    orgId: string,
    events: readonly OrgEvent[],
    options: Pick<BroadcastOptions, 'manager'> = {},
  ): Promise<void> {
    const channel = channelOf('org_id', () => orgChannel.of(orgId));
    const outgoing = events.map((each, n) => readItem(`events.${n}`, () => this.orgEvent(channel, each)));
    await this.publisher.publishAll(outgoing, options);
  }

  /**
   * Sends an event to everyone who receives a channel that the application has defined by `defineChannel`.
   * @param type of the form `word.word`; one of those that the kind of channels declares, if it declares any
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if the broker is down; never with `manager`
   */
  async publish<Events, T extends TypeIn<Events>>(
    channel: Channel<Events>,
    type: T,
    data: DataIn<Events, T>,
    options: BroadcastOptions = {},
  ): Promise<void> {
    expectChannel(channel);
    expectEventType(type);
    const content = toJsonObject(data, 'data');
    this.check.expectEvent(channel.kind, type, content);
    await this.publisher.publishAll([outgoingEvent(channel, type, content, options)], options);
  }

  /**
   * Closes connections that receive a channel, on every node: those of a user whose permission ends in this
   * transaction, or all of them. Connections admitted later stay open.
   * @param userId null: all users
   * @param close such as `{ code: 4003, reason: 'project_archived' }`; 4000 to 4999
   * @throws {InvalidBroadcastError}
   */
  async revoke(
    channel: Channel,
    userId: string | null,
    close: Close = CLOSE.forbidden,
    options: RevokeOptions = {},
  ): Promise<void> {
    expectChannel(channel);
    if (userId !== null) channelOf('user_id', () => userChannel.of(userId));
    expectClose(close);
    await this.end({ channel: channel.name, userId, connectionId: null, close }, options);
  }

  /**
   * Closes connections to an organization, on every node, with 4003: those of a member whose membership ends in this
   * transaction, or all of them. Connections under a membership that begins later stay open.
   * @param userId null: all members
   * @throws {InvalidBroadcastError}
   */
  async evictFromOrg(orgId: string, userId: string | null, options: RevokeOptions = {}): Promise<void> {
    const channel = channelOf('org_id', () => orgChannel.of(orgId));
    await this.revoke(channel, userId, CLOSE.notAMember, options);
  }

  /**
   * Closes all connections of a user, to both endpoints, on every node, with 4001. The user can connect again with a
   * token that is still valid.
   * @throws {InvalidBroadcastError}
   */
  async disconnectUser(userId: string, options: RevokeOptions = {}): Promise<void> {
    channelOf('user_id', () => userChannel.of(userId));
    await this.end({ channel: null, userId, connectionId: null, close: CLOSE.disconnected }, options);
  }

  /** Closes one connection with 4001, whichever node it is on. Does nothing if it is already closed. */
  async disconnectConnection(connectionId: string, options: RevokeOptions = {}): Promise<void> {
    await this.end({ channel: null, userId: null, connectionId, close: CLOSE.disconnected }, options);
  }

  private orgEvent(
    channel: Channel,
    { eventType, data }: OrgEvent,
    options: Pick<BroadcastOptions, 'idempotencyKey'> = {},
  ): Outgoing {
    expectEventType(eventType);
    const content = toJsonObject(data, 'data');
    this.check.expectEvent(channel.kind, eventType, content);
    if (definedEvents(channel.kind).has(eventType)) expectOwnOrg(content, channel);
    return outgoingEvent(channel, eventType, content, options);
  }

  private address(
    { userId, notification, idempotencyKey }: Omit<UserNotification, 'notification'> & { notification: unknown },
    options: NotificationsOptions,
  ): Addressed {
    const channel = channelOf('user_id', () => userChannel.of(userId));
    const prepared = this.prepare(notification, options);
    expectIdempotencyKey(idempotencyKey);
    return { channel, prepared, idempotencyKey: idempotencyKey ?? null };
  }

  private prepare(notification: unknown, { foreign = false }: NotificationsOptions): PreparedNotification {
    const prepared = new PreparedNotification(notification);
    if (!foreign) this.check.expectNotification(prepared.shown);
    return prepared;
  }

  /** Always goes through the outbox, where every node finds it if the signal is lost or the broker is down. */
  private async end(target: RevocationTarget, { manager }: RevokeOptions): Promise<void> {
    const ask = (own: EntityManager): Promise<void> => this.publisher.revoke(target, own);
    await (manager === undefined ? this.dataSource.transaction(ask) : ask(manager));
  }
}

function outgoingEvent(
  channel: Channel,
  type: string,
  data: JsonObject,
  { idempotencyKey }: Pick<BroadcastOptions, 'idempotencyKey'>,
): Outgoing {
  expectIdempotencyKey(idempotencyKey);
  const body = serialize({ type: 'event', event_type: type, data }, 'data');
  return { channel, body, idempotencyKey: idempotencyKey ?? null };
}
