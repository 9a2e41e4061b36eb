/** How long a tab that passed the lead on stays out: if no tab can lead, they take turns slowly. */
const REST_MS = 30_000;

export interface Candidate {
  lead(): void;
  /** Called when another tab has taken the lead or is about to. */
  stepDown(): void;
}

/** A tab's claim to lead, by a Web Lock that one tab holds at a time. The browser passes it on when that tab is gone. */
export class Candidacy {
  private withdrawal = new AbortController();

  constructor(
    private readonly locks: LockManager,
    private readonly name: string,
    private readonly candidate: Candidate,
  ) {}

  /** Queues for the lead. */
  stand(): void {
    const { signal } = (this.withdrawal = new AbortController());
    this.ask({ signal }, signal);
  }

  /** Takes the lead from the tab that holds it. */
  seize(): void {
    this.withdraw();
    const { signal } = (this.withdrawal = new AbortController());
    this.ask({ steal: true }, signal);
  }

  /** Hands the lead to a waiting tab, if there is one, and queues again after a rest. */
  async passOn(): Promise<void> {
    const { signal } = this.withdrawal;
    // A page with an opaque origin has no locks, and no other tabs to hand over to.
    const { pending = [] } = await this.locks.query().catch(() => ({ pending: [] }));
    if (signal.aborted || !pending.some(({ name }) => name === this.name)) return;
    this.withdraw();
    const { signal: rest } = (this.withdrawal = new AbortController());
    setTimeout(() => rest.aborted || this.stand(), REST_MS);
    this.candidate.stepDown();
  }

  /** Gives up the lead, or its place in the queue. */
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
      // A page with an opaque origin has no locks: it leads only itself.
      else this.candidate.lead();
    });
  }
}
