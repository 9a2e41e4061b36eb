import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Channel, orgChannel, userChannel } from '../broker/channel.js';
import { CLOSE, type Close } from '../connection/close-code.js';
import type { RevocationTarget } from '../outbox/revocation.js';
import { RealtimeSettings } from '../settings.js';
import type { Notifications, OrgEvents } from './catalogue.js';
import { type DataClass, definedEvents, isEventType } from './data-classes.js';
import { DataCheck } from './data-check.js';
import type { Inbox } from './inbox.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';
import { readNotification } from './notification.js';
import { serialize, toJsonObject } from './payload.js';
import { type BroadcastOptions, expectIdempotencyKey, Publisher } from './publisher.js';

export interface NotificationOptions extends BroadcastOptions {
  /** Sent only to users who are connected, and not stored in the inbox. */
  ephemeral?: boolean;
  /** Written by another service: the fields of a catalogue type are then not checked. */
  foreign?: boolean;
}

/** With `manager`, the revocation takes effect if and only if that transaction commits. */
export type RevokeOptions = Pick<BroadcastOptions, 'manager'>;

/** `stored`: new in the inbox; `repeated`: already in it; `muted`: dropped; `ephemeral`: sent without being stored. */
export interface NotificationReceipt {
  outcome: 'stored' | 'repeated' | 'muted' | 'ephemeral';
  /** As stored or sent. */
  notification: JsonObject;
}

/** A notification as its sender writes it. A missing `timestamp` is added; extra fields are passed through. */
export type NotificationMessage<T extends string = string> = {
  title: string;
  body?: string;
  type?: T;
  timestamp?: string;
} & (T extends keyof Notifications ? Notifications[T] : Record<string, unknown>);

/** A data source, as far as broadcasts need it. */
interface Transactions {
  transaction<T>(run: (manager: EntityManager) => Promise<T>): Promise<T>;
}

/** The event types of a kind of channels; any text if it declares none. */
type TypeIn<Events> = [keyof Events] extends [never] ? string : keyof Events & string;
type DataIn<Events, T> = T extends keyof Events ? (Events[T] extends DataClass<infer D> ? D : object) : object;

/**
 * The one way in: every notification and event of the backend starts here, whether it comes from a controller, an
 * entity subscriber or a job processor, and also in processes without a WebSocket server.
 *
 * Arguments are checked and copied at the call: invalid ones throw an `InvalidBroadcastError`, and nothing is sent.
 * Outside production, the fields of every type that has a class are checked, too (`data-classes.ts`).
 */
@Injectable()
export class BroadcastService {
  private readonly inbox: Inbox | null;

  constructor(
    @Inject(Publisher) private readonly publisher: Pick<Publisher, 'publish' | 'announce' | 'revoke'>,
    private readonly check: DataCheck,
    @InjectDataSource() private readonly dataSource: Transactions,
    @Inject(RealtimeSettings) { inbox }: Pick<RealtimeSettings, 'inbox'>,
  ) {
    this.inbox = inbox;
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
    const channel = channelOf('user_id', () => userChannel.of(userId));
    const content = readNotification(notification);
    expectIdempotencyKey(options);
    if (options.foreign !== true) this.check.expectNotification(content);
    const { inbox } = this;
    if (inbox === null || options.ephemeral === true) return this.show(channel, content, options);
    const id = uuidv7();
    const text = serialize({ type: 'notification', notification: { ...content, id } }, 'notification');
    const { manager } = options;
    const keep = async (own: EntityManager): Promise<NotificationReceipt> => {
      const dedupeKey = options.idempotencyKey ?? null;
      const stored = await inbox.store({ id, userId, content, dedupeKey }, own);
      if (stored.outcome === 'stored') await this.publisher.publish(channel, text, { manager: own });
      const kept = stored.outcome === 'repeated' ? { ...stored.content, id: stored.id } : { ...content, id };
      return { outcome: stored.outcome, notification: kept };
    };
    return manager === undefined ? this.dataSource.transaction(keep) : keep(manager);
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
    await this.publisher.publish(userChannel.of(userId), text, { manager });
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
    expectEventType(eventType);
    const content = toJsonObject(data, 'data');
    this.check.expectEvent(channel.kind, eventType, content);
    if (definedEvents(channel.kind).has(eventType)) expectOwnOrg(content, channel);
    await this.send(channel, eventType, content, options);
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
    await this.send(channel, type, content, options);
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

  private async send(channel: Channel, type: string, data: JsonObject, options: BroadcastOptions): Promise<void> {
    const text = serialize({ type: 'event', event_type: type, data }, 'data');
    await this.publisher.publish(channel, text, options);
  }

  /** Always goes through the outbox, where every node finds it if the signal is lost or the broker is down. */
  private async end(target: RevocationTarget, { manager }: RevokeOptions): Promise<void> {
    const ask = (own: EntityManager): Promise<void> => this.publisher.revoke(target, own);
    await (manager === undefined ? this.dataSource.transaction(ask) : ask(manager));
  }

  private async show(channel: Channel, content: JsonObject, options: BroadcastOptions): Promise<NotificationReceipt> {
    const { type } = content;
    if (typeof type === 'string' && (await this.inbox?.isMuted(channel.id, type)) === true) {
      return { outcome: 'muted', notification: content };
    }
    await this.publisher.publish(
      channel,
      serialize({ type: 'notification', notification: content }, 'notification'),
      options,
    );
    return { outcome: 'ephemeral', notification: content };
  }
}

/** An event must never reach an organization other than its own. Checked in production, too. */
function expectOwnOrg({ org_id: named }: JsonObject, { id }: Channel): void {
  if (named === undefined || (typeof named === 'string' && named.toLowerCase() === id)) return;
  throw new InvalidBroadcastError(
    'data.org_id',
    `takes the id of the organization that receives the event, ${id}, or nothing`,
  );
}

function expectChannel(channel: unknown): void {
  if (channel instanceof Channel) return;
  throw new InvalidBroadcastError('channel', 'takes a channel, such as projects.of(id) of defineChannel');
}

function expectEventType(type: unknown): void {
  if (typeof type === 'string' && isEventType(type)) return;
  throw new InvalidBroadcastError('event_type', 'takes the form word.word, such as invoice.paid, in lower case');
}

/** Codes that applications may use (RFC 6455, section 7.4.2), and a reason that fits into a control frame. */
function expectClose({ code, reason }: Close): void {
  const isCode = Number.isInteger(code) && code >= 4_000 && code <= 4_999;
  if (isCode && typeof reason === 'string' && reason !== '' && Buffer.byteLength(reason) <= 123) return;
  throw new InvalidBroadcastError('close', 'takes { code, reason }: 4000 to 4999, and 1 to 123 bytes');
}

function channelOf(field: string, make: () => Channel): Channel {
  try {
    return make();
  } catch (error) {
    throw new InvalidBroadcastError(field, error instanceof Error ? error.message : String(error));
  }
}
