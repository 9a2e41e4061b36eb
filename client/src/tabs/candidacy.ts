/** How long a tab that passed the lead on leaves it to the others: where none of them can lead, they take turns slowly. */
const REST_MS = 30_000;

/** Who wants to lead. */
export interface Candidate {
  lead(): void;
  /** Another tab has the lead, or is about to. */
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

  /** Lets another tab lead, if one is waiting to, and stands again after a rest. */
  async passOn(): Promise<void> {
    const { signal } = this.withdrawal;
    // A page without an origin has no locks, and no other tabs.
    const { pending = [] } = await this.locks.query().catch(() => ({ pending: [] }));
    if (signal.aborted || !pending.some(({ name }) => name === this.name)) return;
    this.withdraw();
    const { signal: rest } = (this.withdrawal = new AbortController());
    setTimeout(() => rest.aborted || this.stand(), REST_MS);
    this.candidate.stepDown();
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
