/** What a user's connections have become to an organization, over all nodes. */
export type PresenceChange = 'joined' | 'left';

/** Counts, over all nodes, the connections that each user has to an organization's events. */
export abstract class PresenceStore {
  /**
   * Notes how many of them this node has. May be noted again: only what is new changes something.
   * @returns `joined` with the first connection on any node, `left` when there is none any more
   * @throws {UnavailableError}
   */
  abstract note(orgId: string, userId: string, count: number): Promise<PresenceChange | null>;

  /**
   * The users who are there, and how many connections each has.
   * @throws {UnavailableError}
   */
  abstract list(orgId: string): Promise<Map<string, number>>;

  /**
   * Takes out what nodes have left behind that have ended without a word.
   * @param onLeft is told of every user who has left with that
   * @throws {UnavailableError} and what `onLeft` throws
   */
  abstract sweep(onLeft: (orgId: string, userId: string) => Promise<void>): Promise<void>;
}
