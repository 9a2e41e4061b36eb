/** A user's first connection to an organization on any node, or the end of the last one. */
export type PresenceChange = 'joined' | 'left';

/** Counts each user's connections to an organization's events, over all nodes. */
export abstract class PresenceStore {
  /**
   * Stores how many connections this node has. Storing the same count again changes nothing.
   * @returns `joined` for the first connection on any node, `left` after the last one, else null
   * @throws {UnavailableError}
   */
  abstract note(orgId: string, userId: string, count: number): Promise<PresenceChange | null>;

  /**
   * The users who are connected, and how many connections each has.
   * @throws {UnavailableError}
   */
  abstract list(orgId: string): Promise<Map<string, number>>;

  /**
   * Removes the counts of nodes that ended without cleaning up.
   * @param onLeft called for every user who has left as a result
   * @throws {UnavailableError} and what `onLeft` throws
   */
  abstract sweep(onLeft: (orgId: string, userId: string) => Promise<void>): Promise<void>;
}
