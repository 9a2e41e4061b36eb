/** Longer than from one page of an application to the next. */
const LINGER_MS = 1_000;

/** Keeps something going while anybody needs it, and a moment longer: who is next may need it, too. */
export class Lease {
  private holders = 0;
  private stop: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param start what is kept going; gives what stops it
   * @param isOver whether it has ended by itself: then who is next needs another one
   */
  constructor(
    private readonly start: () => () => void,
    private readonly isOver: () => boolean = () => false,
  ) {}

  /** @returns what gives it back */
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

  /** Makes of a way to listen one that holds the lease meanwhile. */
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

  /** Stops at once what nobody needs. */
  expire(): void {
    if (this.holders > 0) return;
    clearTimeout(this.timer);
    this.stop?.();
    this.stop = null;
  }
}
