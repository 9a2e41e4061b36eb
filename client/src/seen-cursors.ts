/** More than the server's default history, which bounds what it can repeat. */
const REMEMBERED = 1_000;

/**
 * The cursors of recent frames, to recognize repeated ones. Comparing their order would not do: a server whose store lost its
 * newest part assigns the same positions again.
 */
export class SeenCursors {
  private readonly cursors = new Set<string>();

  /** @returns whether the cursor was already known */
  add(cursor: string): boolean {
    if (this.cursors.has(cursor)) return true;
    this.cursors.add(cursor);
    // A Set iterates in insertion order: the first is the oldest.
    if (this.cursors.size > REMEMBERED) for (const oldest of this.cursors) return !this.cursors.delete(oldest);
    return false;
  }
}
