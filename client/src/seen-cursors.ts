/** More than the server sends again by default. */
const REMEMBERED = 1_000;

/**
 * The cursors of the last frames, so that a frame that comes again is known. By their order alone it would not be: a server
 * whose store has lost its newest part gives places out again.
 */
export class SeenCursors {
  private readonly cursors = new Set<string>();

  /** @returns whether it was there already */
  add(cursor: string): boolean {
    if (this.cursors.has(cursor)) return true;
    this.cursors.add(cursor);
    // The oldest comes first.
    if (this.cursors.size > REMEMBERED) for (const oldest of this.cursors) return !this.cursors.delete(oldest);
    return false;
  }
}
