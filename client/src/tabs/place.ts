/** More than can be told twice when another tab takes over. */
const REMEMBERED = 500;

/** Up to where a tab has heard the frames of a channel. */
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
   * Takes a frame.
   * @param before the cursor of the frame before it
   * @returns `seen`: it was here. `gap`: something that came before it was not
   */
  take(cursor: string, before: string | undefined): 'next' | 'seen' | 'gap' {
    // What has no position of its own carries that of the frame before, and is never told twice.
    if (cursor !== before && this.has(cursor)) return 'seen';
    const isNext = before === this.current;
    this.moveTo(cursor);
    return isNext ? 'next' : 'gap';
  }
}
