/** Times are those of `performance.now()`: one process sees everything, so they order all that happens. */
export interface Change {
  /** What its event is recognised by: the event's type and the one name that no other change has. */
  id: string;
  org: number;
  begunAt: number;
  /** When it was known to be committed; infinite if it was not. */
  committedAt: number;
  /** `unknown`: the node that was asked has died before it answered. */
  outcome: 'pending' | 'committed' | 'undone' | 'unknown';
  /** Changes of one transaction share this, and are told in their order. */
  transaction: symbol;
}

/** What the application has done, or tried to: which events there must be, may be, and must not be. */
export class Ledger {
  private readonly changes = new Map<string, Change>();
  private names = 0;

  /** A name that no other resource or event has. */
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
