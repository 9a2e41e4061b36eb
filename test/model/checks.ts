import type { Change, Ledger } from './ledger.js';
import { ModelViolation } from './record.js';
import type { Session } from './session.js';
import { HISTORY_SIZE, type Loss } from './system.js';

/** How long after the observer another client may see the same event, while no node is cut off. */
const LAG_MS = 3_000;
/** The same while a node is cut off: the longest that it may be without Redis. */
const LONGEST_LAG_MS = 20_000;

/** An organization at a moment of rest: connected clients have seen everything. */
export interface Stillness {
  ledger: Ledger;
  org: number;
  /** Connected since before the first change; what it saw is the reference. */
  observer: Session;
  /** All others, including those that have ended. */
  sessions: readonly Session[];
  losses: readonly Loss[];
}

/** Checks that clients saw what they should. @throws {ModelViolation} */
export class Checks {
  /** The place of each event in the channel's order. */
  private readonly places: Map<string, number>;
  private readonly order: Change[];

  constructor(private readonly stillness: Stillness) {
    const { observer, ledger } = stillness;
    this.places = new Map(observer.entries.map(({ id }, index) => [id, index]));
    this.order = observer.entries.map(({ id }) => ledger.find(id)).filter((change) => change !== undefined);
  }

  run(): void {
    const { observer, sessions } = this.stillness;
    if (!observer.isOpen) fail(`${observer.options.name} was disconnected: ${JSON.stringify(observer.closed)}`);
    this.everythingCommittedWasSeen();
    this.orderIsThatOfCommits();
    for (const session of sessions.filter(({ welcome }) => welcome !== null)) {
      this.sawOneRun(session);
      this.missedNothingAtItsStart(session);
      if (session.isOpen) this.sawEverything(session);
      if (session.welcome?.resumed === false) this.couldNotBeResumed(session);
      if (session.continues === null) this.sawNothingOld(session);
    }
  }

  private everythingCommittedWasSeen(): void {
    const { ledger, org, observer } = this.stillness;
    for (const { id, outcome } of ledger.of(org)) {
      const wasSeen = this.places.has(id);
      if (outcome === 'committed' && !wasSeen) fail(`${observer.options.name} has not seen ${id}, which is committed`);
      if (outcome === 'undone' && wasSeen) fail(`${observer.options.name} saw ${id}, which was rolled back`);
    }
  }

  /** A change committed before another began comes first, and a transaction's changes keep their order. */
  private orderIsThatOfCommits(): void {
    let earliest: Change | null = null;
    for (const change of this.order.toReversed()) {
      if (earliest !== null && earliest.committedAt < change.begunAt) {
        fail(`${change.id} came before ${earliest.id}, which was committed before it had begun`);
      }
      if (earliest !== null && earliest.transaction === change.transaction && earliest.begunAt < change.begunAt) {
        fail(`${change.id} came before ${earliest.id}, which its transaction had written first`);
      }
      if (earliest === null || change.committedAt < earliest.committedAt) earliest = change;
    }
  }

  /** Each event directly follows the one before, even across a resumption. */
  private sawOneRun(session: Session): void {
    let before = session.continues?.after ?? null;
    for (const { id } of session.entries) {
      const skipped = before === null ? 1 : this.placeOf(id) - this.placeOf(before);
      if (skipped !== 1) {
        const between = this.order.slice(this.placeOf(before ?? id) + 1, this.placeOf(id)).map((each) => each.id);
        fail(
          `${session.options.name} saw ${id} after ${before}; between them comes: ${between.join(', ') || 'nothing'}`,
        );
      }
      before = id;
    }
  }

  private missedNothingAtItsStart(session: Session): void {
    if (session.continues?.after != null) return;
    const [first] = session.entries;
    const end = first === undefined ? (session.isOpen ? this.order.length : 0) : this.placeOf(first.id);
    const missed = this.order.slice(0, end).findLast(({ begunAt }) => begunAt > session.since);
    if (missed !== undefined) {
      fail(
        `${session.options.name} began with ${first?.id ?? 'nothing'} and missed ${missed.id}, which came after its welcome`,
      );
    }
  }

  private sawEverything(session: Session): void {
    const { last } = session;
    if (last === null || this.placeOf(last) === this.order.length - 1) return;
    fail(`${session.options.name} saw ${last} last, and not ${this.order[this.placeOf(last) + 1]?.id}`);
  }

  /** Only a loss of the broker's data, or more missed events than history holds, excuse it. */
  private couldNotBeResumed({ options: { name, from }, welcomedAt }: Session): void {
    if (from === null) return;
    const wasLost = this.lossesBetween(from.receivedAt - LAG_MS, welcomedAt);
    const missed = this.order.filter((change, place) => {
      const isLater =
        from.after === null ? this.seenAt(place) > from.receivedAt - LAG_MS : place > this.placeOf(from.after);
      return isLater && change.begunAt < welcomedAt;
    });
    if (!wasLost && missed.length <= HISTORY_SIZE) {
      fail(
        `${name} was not resumed from ${from.cursor}, after ${from.after}, though it had missed ${missed.length} at most`,
      );
    }
  }

  /** Only live events follow, and rows republished after a loss. */
  private sawNothingOld({ options: { name }, entries: [first], askedAt }: Session): void {
    if (first === undefined) return;
    const seenAt = this.seenAt(this.placeOf(first.id));
    if (seenAt < askedAt - LONGEST_LAG_MS && !this.lossesBetween(seenAt, Infinity)) {
      fail(`${name} saw ${first.id}, which was old when it connected and asked for nothing old`);
    }
  }

  private lossesBetween(start: number, end: number): boolean {
    return this.stillness.losses.some(({ begunAt, endedAt }) => endedAt > start && begunAt < end);
  }

  private seenAt(place: number): number {
    return this.stillness.observer.entries[place]?.receivedAt ?? Infinity;
  }

  private placeOf(id: string): number {
    const place = this.places.get(id);
    return place ?? fail(`${id} was seen, but not by ${this.stillness.observer.options.name}`);
  }
}

function fail(message: string): never {
  throw new ModelViolation(message);
}
