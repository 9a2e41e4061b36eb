import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Channel } from '../broker/channel.js';
import { CLOSE } from '../connection/close-code.js';
import type { RevocationTarget } from '../outbox/revocation.js';
import type { Notifications, OrgEvents } from './catalogue.js';
import { isCatalogueType, isEventType } from './catalogue.js';
import { DataCheck } from './data-check.js';
import { Inbox } from './inbox.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';
import { readNotification } from './notification.js';
import { serialize, toJsonObject } from './payload.js';
import { type BroadcastOptions, expectIdempotencyKey, Publisher } from './publisher.js';

export interface NotificationOptions extends BroadcastOptions {
  /** Shown to who is connected, and not kept in the inbox. */
  ephemeral?: boolean;
  /** Another service wrote it: a type of the catalogue may then come with any fields, or with none. */
  foreign?: boolean;
}

/** With `manager` it happens exactly if that transaction commits. */
export type RevokeOptions = Pick<BroadcastOptions, 'manager'>;

/** What has become of a notification: `stored` is new, `repeated` was there already, of a muted type there is nothing. */
export interface NotificationReceipt {
  outcome: 'stored' | 'repeated' | 'muted' | 'ephemeral';
  /** As it is in the inbox, or was sent. */
  notification: JsonObject;
}

/** A notification as its sender writes it: `timestamp` is added where there is none, further fields are the sender's. */
export type NotificationMessage<T extends string = string> = {
  title: string;
  body?: string;
  type?: T;
  timestamp?: string;
} & (T extends keyof Notifications ? Notifications[T] : Record<string, unknown>);

/**
 * The one way in: every notification and event of the backend starts here, in controllers, entity subscribers and job
 * processors alike, and in processes that serve no sockets.
 *
 * Arguments are checked when called, and copied: what is wrong is an `InvalidBroadcastError` at the call site, and nothing
 * was sent. In development and tests that goes for the fields of every type that has a class, too (`catalogue.ts`); in
 * production those are not looked at.
 */
@Injectable()
export class BroadcastService {
  constructor(
    private readonly publisher: Publisher,
    private readonly inbox: Inbox,
    private readonly check: DataCheck,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /**
   * Notifies one user: keeps the notification in the user's inbox and sends it to all of the user's connections, both in one
   * transaction, which is the caller's with `manager`.
   * @throws {InvalidBroadcastError}
   * @throws {UnavailableError} if it is ephemeral, without `manager`, and the broker is down
   */
  async broadcastNotification<T extends string>(
    userId: string,
    notification: NotificationMessage<T>,
    options: NotificationOptions = {},
  ): Promise<NotificationReceipt> {
    const channel = channelOf('user_id', () => Channel.ofUser(userId));
    const content = readNotification(notification);
    expectIdempotencyKey(options);
    if (options.foreign !== true) this.check.expectNotification(content);
    if (options.ephemeral === true) return this.show(channel, content, options);
    const id = uuidv7();
    const text = serialize({ type: 'notification', notification: { ...content, id } }, 'notification');
    const { manager } = options;
    const keep = async (own: EntityManager): Promise<NotificationReceipt> => {
      const dedupeKey = options.idempotencyKey ?? null;
      const stored = await this.inbox.store({ id, userId, content, dedupeKey }, own);
      if (stored.outcome === 'stored') await this.publisher.publish(channel, text, { manager: own });
      const kept = stored.outcome === 'repeated' ? { ...stored.content, id: stored.id } : { ...content, id };
      return { outcome: stored.outcome, notification: kept };
    };
    return manager === undefined ? this.dataSource.transaction(keep) : keep(manager);
  }

  /**
   * Shows a notification to every user who is online, on all nodes, and keeps it in no inbox. Ignores mute settings; don't use
   * it for types that can be muted.
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

  /** Tells all of a user's connections what has changed in the inbox, in the transaction that changes it. */
  async broadcastInboxChange(userId: string, change: JsonObject, manager: EntityManager): Promise<void> {
    const text = JSON.stringify({ type: 'inbox', ...change });
    await this.publisher.publish(Channel.ofUser(userId), text, { manager });
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
    const content = toJsonObject(data, 'data');
    this.check.expectOrgEvent(eventType, content);
    if (isCatalogueType(eventType)) expectOwnOrg(content, channel);
    const text = serialize({ type: 'event', event_type: eventType, data: content }, 'data');
    await this.publisher.publish(channel, text, options);
  }

  /**
   * Ends connections to an organization, on every node, with 4003: those of a member whose membership ends in this
   * transaction, or all of them. A connection of a membership that begins later stays.
   * @param userId null: everybody's
   * @throws {InvalidBroadcastError}
   */
  async evictFromOrg(orgId: string, userId: string | null, options: RevokeOptions = {}): Promise<void> {
    const channel = channelOf('org_id', () => Channel.ofOrganization(orgId));
    if (userId !== null) channelOf('user_id', () => Channel.ofUser(userId));
    await this.revoke({ channel: channel.name, userId, connectionId: null, close: CLOSE.notAMember }, options);
  }

  /**
   * Ends all connections of a user, to both endpoints, on every node, with 4001. Nothing keeps the user from connecting again
   * with a token that is still valid.
   * @throws {InvalidBroadcastError}
   */
  async disconnectUser(userId: string, options: RevokeOptions = {}): Promise<void> {
    channelOf('user_id', () => Channel.ofUser(userId));
    await this.revoke({ channel: null, userId, connectionId: null, close: CLOSE.disconnected }, options);
  }

  /** Ends one connection in the same way, on whichever node it is. Does nothing if it is already closed. */
  async disconnectConnection(connectionId: string, options: RevokeOptions = {}): Promise<void> {
    await this.revoke({ channel: null, userId: null, connectionId, close: CLOSE.disconnected }, options);
  }

  /** Always through the outbox: there every node finds it, should its signal be lost or the broker be down. */
  private async revoke(target: RevocationTarget, { manager }: RevokeOptions): Promise<void> {
    const ask = (own: EntityManager): Promise<void> => this.publisher.revoke(target, own);
    await (manager === undefined ? this.dataSource.transaction(ask) : ask(manager));
  }

  private async show(channel: Channel, content: JsonObject, options: BroadcastOptions): Promise<NotificationReceipt> {
    const { type } = content;
    if (typeof type === 'string' && (await this.inbox.isMuted(channel.id, type))) {
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

/** What happened in one organization is not to be told to another, in production neither. */
function expectOwnOrg({ org_id: named }: JsonObject, { id }: Channel): void {
  if (named === undefined || (typeof named === 'string' && named.toLowerCase() === id)) return;
  throw new InvalidBroadcastError('data.org_id', `takes the organization that is told, ${id}, or nothing`);
}

function channelOf(field: string, make: () => Channel): Channel {
  try {
    return make();
  } catch (error) {
    throw new InvalidBroadcastError(field, error instanceof Error ? error.message : String(error));
  }
}
