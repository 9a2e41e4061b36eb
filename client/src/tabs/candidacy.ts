/** Who wants to lead. */
export interface Candidate {
  lead(): void;
  /** Another tab has taken the lead away. */
  stepDown(): void;
}

/** A tab's claim to lead: by a lock that only one tab holds, which the browser passes on when that tab is gone. */
export class Candidacy {
  private withdrawal = new AbortController();

  constructor(
    private readonly locks: LockManager,
    private readonly name: string,
    private readonly candidate: Candidate,
  ) {}

  /** Leads when those before it are gone. */
  stand(): void {
    const { signal } = (this.withdrawal = new AbortController());
    this.ask({ signal }, signal);
  }

  /** Leads at once. */
  seize(): void {
    this.withdraw();
    const { signal } = (this.withdrawal = new AbortController());
    this.ask({ steal: true }, signal);
  }

  /** Leads no more, and does not want to. */
  withdraw(): void {
    this.withdrawal.abort();
  }

  private ask(options: LockOptions, signal: AbortSignal): void {
    const withdrawn = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const lead = (): Promise<void> | undefined => {
      if (signal.aborted) return undefined;
      this.candidate.lead();
      return withdrawn;
    };
    this.locks.request(this.name, options, lead).catch((error: unknown) => {
      if (signal.aborted) return;
      if (error instanceof DOMException && error.name === 'AbortError') {
        this.candidate.stepDown();
        this.stand();
      }
      // A page without an origin has no locks, and leads none but itself.
      else this.candidate.lead();
    });
  }
}
