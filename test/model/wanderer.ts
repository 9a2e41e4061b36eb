import type { Operation } from './plan.js';
import { type Observations, type Place, Session } from './session.js';
import type { ServingNode, System } from './system.js';

/** How many cursors a client remembers. */
const REMEMBERED = 300;

/** A client that comes and goes on either node, one action at a time. */
export class Wanderer {
  readonly sessions: Session[] = [];
  private places: Place[] = [];
  private work: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    readonly org: number,
    private readonly system: System,
    private readonly observations: Observations,
  ) {}

  get session(): Session | null {
    return this.sessions.at(-1) ?? null;
  }

  arrive({ node, cursor, pick }: Operation & { kind: 'arrive' }): Promise<void> {
    return this.next(async () => {
      await this.session?.leave(false);
      this.rememberPlaces();
      const from = this.choose(cursor, pick);
      await this.connect(this.system.node(node), from);
    });
  }

  leave(isOrderly: boolean): Promise<void> {
    return this.next(async () => {
      this.observations.record.note(`  ${this.name}: leaves ${isOrderly ? 'in order' : 'abruptly'}`);
      await this.session?.leave(isOrderly);
    });
  }

  private async connect(node: ServingNode, from: Place | null): Promise<void> {
    const { record } = this.observations;
    record.note(`  ${this.name}: arrives at ${node.name} with ${from === null ? 'no cursor' : from.cursor}`);
    const url = this.system.eventsUrl(node, this.org);
    const options = { name: this.name, org: this.org, url, token: this.system.token, from };
    const session = await Session.open({ ...options, name: `${this.name} on ${node.name}` }, this.observations);
    this.sessions.push(session);
    node.sessions.add(session);
  }

  private choose(cursor: 'none' | 'last' | 'earlier', pick: number): Place | null {
    if (cursor === 'none' || this.places.length === 0) return null;
    return this.places.at(cursor === 'last' ? -1 : pick % this.places.length) ?? null;
  }

  private rememberPlaces(): void {
    const { session } = this;
    if (session !== null) this.places = [...this.places, ...session.places()].slice(-REMEMBERED);
  }

  private next(work: () => Promise<void>): Promise<void> {
    const result = this.work.then(work);
    this.work = result.catch(() => undefined);
    return result;
  }
}
