/** More than can be repeated when another tab takes over. */
const REMEMBERED = 500;

/** A tab's position in a channel. */
export class Place {
  private readonly seen = new Set<string>();
  current: string | undefined;

  has(cursor: string): boolean {
    return this.seen.has(cursor);
  }

  moveTo(cursor: string): void {
    this.current = cursor;
    this.seen.add(cursor);
    const [oldest] = this.seen;
    if (this.seen.size > REMEMBERED && oldest !== undefined) this.seen.delete(oldest);
  }

  /**
   * Moves to a frame.
   * @param before the cursor of the frame before it
   * @returns `seen`: a repeated frame. `gap`: this tab missed something before it
   */
  take(cursor: string, before: string | undefined): 'next' | 'seen' | 'gap' {
    // A frame without a position of its own repeats the cursor of the frame before, and is never sent twice.
    if (cursor !== before && this.has(cursor)) return 'seen';
    const isNext = before === this.current;
    this.moveTo(cursor);
    return isNext ? 'next' : 'gap';
  }
}
