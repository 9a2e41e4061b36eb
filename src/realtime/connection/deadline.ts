/** The longest delay of a Node timer; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back when the wall clock reaches a time, however far away that is. */
export class Deadline {
  private timer: NodeJS.Timeout | undefined;

  /** @param at milliseconds since the Unix epoch */
  constructor(
    private readonly at: number,
    private readonly onReached: () => void,
  ) {
    this.arm();
  }

  cancel(): void {
    // Node keeps timers in a list per duration. If the last timer cleared from a list is unreferenced, the list stays
    // until the duration has passed. Nearly every duration here is unique, so the lists of an hour's connections would
    // pile up.
    this.timer?.ref();
    clearTimeout(this.timer);
  }

  private arm(): void {
    const left = this.at - Date.now();
    const wait = Math.max(0, Math.min(left, LONGEST_TIMER_MS));
    this.timer = setTimeout(() => (Date.now() >= this.at ? this.onReached() : this.arm()), wait);
    this.timer.unref();
  }
}
