/** Longer than a route change takes. */
const LINGER_MS = 1_000;

/** Keeps something running while it is held, and briefly after, in case it is taken again. */
export class Lease {
  private holders = 0;
  private stop: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param start starts it, and returns a function that stops it
   * @param isOver whether it has ended by itself: the next holder then needs a new one
   */
  constructor(
    private readonly start: () => () => void,
    private readonly isOver: () => boolean = () => false,
  ) {}

  /** @returns a function that releases it */
  take(): () => void {
    clearTimeout(this.timer);
    this.holders += 1;
    this.stop ??= this.start();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.holders -= 1;
      if (this.holders > 0) return;
      if (this.isOver()) this.expire();
      else this.timer = setTimeout(() => this.expire(), LINGER_MS);
    };
  }

  /** Wraps a listen function so that it holds the lease while listening. */
  holding(listen: (listener: () => void) => () => void): (listener: () => void) => () => void {
    return (listener) => {
      const off = listen(listener);
      const release = this.take();
      return () => {
        off();
        release();
      };
    };
  }

  /** Stops at once if nothing holds it. */
  expire(): void {
    if (this.holders > 0) return;
    clearTimeout(this.timer);
    this.stop?.();
    this.stop = null;
  }
}
