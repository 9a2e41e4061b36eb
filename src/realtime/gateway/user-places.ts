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

/** The connections of one user; each set is ordered by time. */
class Occupants {
  readonly applying = new Set<Occupant>();
  readonly admitted = new Set<Occupant>();
  readonly leaving = new Set<Occupant>();

  get size(): number {
    return this.applying.size + this.admitted.size + this.leaving.size;
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
    const occupants = this.byUser.get(userId) ?? new Occupants();
    if (this.policy === 'reject' && this.isOver(occupants.size + 1)) return null;
    this.byUser.set(userId, occupants);
    this.enter(occupants.applying, occupant, occupants);
    return {
      admitted: () => {
        if (occupants.applying.delete(occupant)) this.enter(occupants.admitted, occupant, occupants);
      },
      leave: () => {
        for (const set of [occupants.applying, occupants.admitted, occupants.leaving]) set.delete(occupant);
        if (occupants.size === 0 && this.byUser.get(userId) === occupants) this.byUser.delete(userId);
      },
    };
  }

  private enter(set: Set<Occupant>, occupant: Occupant, { leaving }: Occupants): void {
    set.add(occupant);
    const oldest = this.excess(set);
    if (oldest === undefined) return;
    leaving.add(oldest);
    oldest.dismiss();
    this.excess(leaving)?.cut();
  }

  /** Takes the oldest out of a set that holds more than the limit. */
  private excess(set: Set<Occupant>): Occupant | undefined {
    if (!this.isOver(set.size)) return undefined;
    const [oldest] = set;
    if (oldest !== undefined) set.delete(oldest);
    return oldest;
  }

  private isOver(count: number): boolean {
    return this.limit > 0 && count > this.limit;
  }
}
