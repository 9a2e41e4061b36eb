import { orgChannel } from '../broker/channel.js';
import { Topic } from '../broker/topic.js';

/** A user of an organization on this node. */
export interface Attendance {
  orgId: string;
  userId: string;
  /** Connections on this node; 0: none, but the user may be back soon. Null: the user has left this node. */
  count: number | null;
}

/**
 * Counts each user's connections to an organization's events, over all nodes. Signals to those who watch an organization when
 * a user joins with the first connection on any node, and leaves after the last one.
 */
export abstract class PresenceStore {
  /**
   * Stores how many connections users have on this node. Storing the same count again changes nothing.
   * @throws {UnavailableError} then some may be stored; the same call can be repeated
   */
  abstract store(attendances: readonly Attendance[]): Promise<void>;

  /**
   * The users who have joined and not left, and how many connections each has: none, if they may be back soon.
   * @throws {UnavailableError}
   */
  abstract list(orgId: string): Promise<Map<string, number>>;

  /**
   * Removes the counts of nodes that ended without cleaning up. One node at a time does so.
   * @throws {UnavailableError}
   */
  abstract sweep(): Promise<void>;

  /** Calls back when the store may have lost what this node has stored. */
  abstract onForgotten(listener: () => void): void;
}

/** Where those who watch an organization are told that a user has joined or left. */
export function presenceTopic(orgId: string): Topic {
  return Topic.presenceOf(orgChannel.of(orgId));
}

/** What they are told, if storing this is a change. */
export function presenceSignal({ userId, count }: Attendance): string {
  return JSON.stringify({ type: 'presence', action: count === null ? 'left' : 'joined', user_id: userId });
}
