/** Times are from `performance.now()` of the one process that sees everything, so they are comparable. */
export interface Change {
  /** Identifies its event: the event's type and a unique name. */
  id: string;
  org: number;
  begunAt: number;
  /** When the commit was confirmed; infinite if it was not. */
  committedAt: number;
  /** `unknown` if the node died before it answered. */
  outcome: 'pending' | 'committed' | 'undone' | 'unknown';
  /** Shared by the changes of one transaction, which are published in their order. */
  transaction: symbol;
}

/** What the application has done or tried: which events must, may and must not be published. */
export class Ledger {
  private readonly changes = new Map<string, Change>();
  private names = 0;

  /** A new, unique name for a resource or event. */
  name(): string {
    this.names += 1;
    return `n${this.names}`;
  }

  begin(org: number, type: string, name: string, transaction = Symbol(name)): Change {
    const id = `${type} ${name}`;
    const begunAt = performance.now();
    const change: Change = { id, org, begunAt, committedAt: Infinity, outcome: 'pending', transaction };
    this.changes.set(id, change);
    return change;
  }

  conclude(outcome: Change['outcome'], ...changes: Change[]): void {
    for (const change of changes) {
      change.outcome = outcome;
      if (outcome === 'committed') change.committedAt = performance.now();
    }
  }

  find(id: string): Change | undefined {
    return this.changes.get(id);
  }

  of(org: number): Change[] {
    return [...this.changes.values()].filter((each) => each.org === org);
  }
}
