import type { Broker } from '../broker/broker.js';
import { type Attendance, PresenceStore, presenceSignal, presenceTopic } from './presence-store.js';

/** The presence of a single process. */
export class MemoryPresenceStore extends PresenceStore {
  private readonly orgs = new Map<string, Map<string, number>>();

  constructor(private readonly broker: Broker) {
    super();
  }

  override async store(attendances: readonly Attendance[]): Promise<void> {
    const changes = attendances.filter((each) => this.isChange(each));
    await Promise.all(changes.map((each) => this.broker.signal(presenceTopic(each.orgId), presenceSignal(each))));
  }

  override list(orgId: string): Promise<Map<string, number>> {
    return Promise.resolve(new Map(this.orgs.get(orgId)));
  }

  override sweep(): Promise<void> {
    // There are no other nodes.
    return Promise.resolve();
  }

  override onForgotten(): void {
    // It forgets nothing.
  }

  private isChange({ orgId, userId, count }: Attendance): boolean {
    const users = this.orgs.get(orgId) ?? new Map<string, number>();
    const wasThere = users.has(userId);
    if (count === null) users.delete(userId);
    else users.set(userId, count);
    if (users.size > 0) this.orgs.set(orgId, users);
    else this.orgs.delete(orgId);
    return wasThere !== (count !== null);
  }
}
