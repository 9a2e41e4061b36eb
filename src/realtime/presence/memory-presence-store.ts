import { type Attendance, type PresenceChange, PresenceStore } from './presence-store.js';

/** The presence of a single process. */
export class MemoryPresenceStore extends PresenceStore {
  private readonly orgs = new Map<string, Map<string, number>>();

  override note({ orgId, userId, count }: Attendance): Promise<PresenceChange | null> {
    const users = this.orgs.get(orgId) ?? new Map<string, number>();
    const wasThere = users.has(userId);
    if (count === null) users.delete(userId);
    else users.set(userId, count);
    if (users.size > 0) this.orgs.set(orgId, users);
    else this.orgs.delete(orgId);
    if (wasThere === (count !== null)) return Promise.resolve(null);
    return Promise.resolve(wasThere ? 'left' : 'joined');
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
}
