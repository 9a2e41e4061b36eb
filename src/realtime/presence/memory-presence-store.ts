import { type PresenceChange, PresenceStore } from './presence-store.js';

/** The presence of a single process. */
export class MemoryPresenceStore extends PresenceStore {
  private readonly orgs = new Map<string, Map<string, number>>();

  override note(orgId: string, userId: string, count: number): Promise<PresenceChange | null> {
    const users = this.orgs.get(orgId) ?? new Map<string, number>();
    const wasThere = users.has(userId);
    if (count > 0) users.set(userId, count);
    else users.delete(userId);
    if (users.size > 0) this.orgs.set(orgId, users);
    else this.orgs.delete(orgId);
    if (wasThere === count > 0) return Promise.resolve(null);
    return Promise.resolve(wasThere ? 'left' : 'joined');
  }

  override list(orgId: string): Promise<Map<string, number>> {
    return Promise.resolve(new Map(this.orgs.get(orgId)));
  }

  /** There are no other nodes. */
  override sweep(): Promise<void> {
    return Promise.resolve();
  }
}
