import type { ConnectionLimitPolicy } from '../settings.js';

/** A user's connection, as it occupies a place. */
export interface Occupant {
  /** Closes it with 4029; it has a short time to answer. */
  dismiss(): void;
  /** Cuts it off at once. */
  cut(): void;
}

/** The place of one connection. */
export interface UserPlace {
  /** Call when the connection has been admitted. */
  admitted(): void;
  /** Call when the connection is closed; more than once is harmless. */
  leave(): void;
}

const UNLIMITED: UserPlace = { admitted: () => undefined, leave: () => undefined };

/** The connections of one user; each list is ordered by time. Lists, as there are few, and sets take more memory. */
class Occupants {
  readonly applying: Occupant[] = [];
  readonly admitted: Occupant[] = [];
  readonly leaving: Occupant[] = [];

  get size(): number {
    return this.applying.length + this.admitted.length + this.leaving.length;
  }
}

/**
 * Limits each user's connections to this node. At the limit, `reject` refuses new connections; it also counts
 * connections that are being admitted or closed. `oldest` closes the oldest connection once the new one has been
 * admitted. The limit then applies separately to connections that are admitted, being admitted and being closed. Beyond
 * it, the oldest of those being closed is cut off.
 */
export class UserPlaces {
  private readonly byUser = new Map<string, Occupants>();

  /** @param limit 0: no limit */
  constructor(
    private readonly limit: number,
    private readonly policy: ConnectionLimitPolicy,
  ) {}

  /** Null if no place is left. */
  claim(userId: string, occupant: Occupant): UserPlace | null {
    if (this.limit === 0) return UNLIMITED;
    const occupants = this.byUser.get(userId) ?? new Occupants();
    if (this.policy === 'reject' && occupants.size >= this.limit) return null;
    this.byUser.set(userId, occupants);
    this.enter(occupants.applying, occupant, occupants);
    return {
      admitted: () => {
        if (remove(occupants.applying, occupant)) this.enter(occupants.admitted, occupant, occupants);
      },
      leave: () => {
        for (const list of [occupants.applying, occupants.admitted, occupants.leaving]) remove(list, occupant);
        if (occupants.size === 0 && this.byUser.get(userId) === occupants) this.byUser.delete(userId);
      },
    };
  }

  private enter(list: Occupant[], occupant: Occupant, { leaving }: Occupants): void {
    list.push(occupant);
    const oldest = this.excess(list);
    if (oldest === undefined) return;
    leaving.push(oldest);
    oldest.dismiss();
    this.excess(leaving)?.cut();
  }

  /** Takes the oldest out of a list that holds more than the limit. */
  private excess(list: Occupant[]): Occupant | undefined {
    return list.length > this.limit ? list.shift() : undefined;
  }
}

/** Returns whether it was there. */
function remove(list: Occupant[], occupant: Occupant): boolean {
  const index = list.indexOf(occupant);
  if (index === -1) return false;
  list.splice(index, 1);
  return true;
}
