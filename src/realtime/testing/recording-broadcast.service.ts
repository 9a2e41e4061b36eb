import type { EntityManager } from 'typeorm';
import { BroadcastService } from '../broadcast/broadcast.service.js';
import { DataCheck } from '../broadcast/data-check.js';
import type { Outgoing } from '../broadcast/publisher.js';
import type { Channel } from '../broker/channel.js';
import { userChannel, orgChannel } from '../broker/channel.js';
import type { RevocationTarget } from '../outbox/revocation.js';
import type { Frame } from './test-client.js';

/** A message that was broadcast: to a channel, or to everyone. */
export interface RecordedMessage {
  /** Null: `broadcastToEveryone`. */
  channel: Channel | null;
  frame: Frame;
}

/**
 * A `BroadcastService` that sends nothing and records everything, for unit tests of services:
 * `{ provide: BroadcastService, useValue: new RecordingBroadcastService() }`. It checks its arguments as the real one
 * does. Calls without `manager` need no database.
 */
export class RecordingBroadcastService extends BroadcastService {
  readonly messages: RecordedMessage[];
  /** What `revoke`, `evictFromOrg`, `disconnectUser` and `disconnectConnection` have asked for. */
  readonly revocations: RevocationTarget[];

  constructor() {
    const messages: RecordedMessage[] = [];
    const revocations: RevocationTarget[] = [];
    const keep = (channel: Channel | null, body: string): Promise<void> => {
      messages.push({ channel, frame: JSON.parse(body) as Frame });
      return Promise.resolve();
    };
    const publisher = {
      publishAll: async (outgoing: readonly Outgoing[]) => {
        for (const { channel, body } of outgoing) await keep(channel, body);
      },
      announce: (body: string) => keep(null, body),
      revoke: (target: RevocationTarget) => {
        revocations.push(target);
        return Promise.resolve();
      },
    };
    // Nothing here uses the manager.
    const dataSource = { transaction: <T>(run: (manager: EntityManager) => Promise<T>) => run({} as EntityManager) };
    super(publisher, new DataCheck(true), dataSource, { inbox: null });
    this.messages = messages;
    this.revocations = revocations;
  }

  /** The `event` frames of a channel, such as `projects.of(id)`. */
  eventsOf({ name }: Channel): Frame[] {
    return this.messages.filter(({ channel }) => channel?.name === name).map(({ frame }) => frame);
  }

  /** The events of an organization. */
  eventsOfOrg(orgId: string): Frame[] {
    return this.eventsOf(orgChannel.of(orgId));
  }

  /** The notifications of a user. */
  notificationsOf(userId: string): unknown[] {
    return this.eventsOf(userChannel.of(userId)).map(({ notification }) => notification);
  }
}
