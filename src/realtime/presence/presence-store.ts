/** A user's first connection to an organization on any node, or the end of the last one. */
export type PresenceChange = 'joined' | 'left';

/** A user of an organization on this node. */
export interface Attendance {
  orgId: string;
  userId: string;
  /** Connections on this node; 0: none, but the user may be back soon. Null: the user has left this node. */
  count: number | null;
}

/** Counts each user's connections to an organization's events, over all nodes. */
export abstract class PresenceStore {
  /**
   * Stores how many connections this node has. Storing the same count again changes nothing.
   * @returns `joined` for the first connection on any node, `left` after the last one, else null
   * @throws {UnavailableError}
   */
  abstract note(attendance: Attendance): Promise<PresenceChange | null>;

  /**
   * The users who have joined and not left, and how many connections each has: none, if they may be back soon.
   * @throws {UnavailableError}
   */
  abstract list(orgId: string): Promise<Map<string, number>>;

  /**
   * Removes the counts of nodes that ended without cleaning up. One node at a time does so.
   * @param onLeft called for every user who has left as a result
   * @throws {UnavailableError} and what `onLeft` throws
   */
  abstract sweep(onLeft: (orgId: string, userId: string) => Promise<void>): Promise<void>;

  /** Calls back when the store may have lost what this node has stored. */
  abstract onForgotten(listener: () => void): void;
}
