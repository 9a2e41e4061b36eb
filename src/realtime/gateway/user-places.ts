import type { ConnectionLimitPolicy } from '../../config/environment.js';

/** Who takes a place: a connection of a user. */
export interface Occupant {
  /** Sends it away, with 4029; it has a little time to go. */
  dismiss(): void;
  /** Cuts it off at once. */
  cut(): void;
}

/** A place that a connection has. */
export interface UserPlace {
  /** Its guards have let it in. */
  admitted(): void;
  /** It is closed. May be called more than once. */
  leave(): void;
}

/** The connections of one user, each set in the order of time. */
class Occupants {
  readonly applying = new Set<Occupant>();
  readonly admitted = new Set<Occupant>();
  readonly leaving = new Set<Occupant>();

  get size(): number {
    return this.applying.size + this.admitted.size + this.leaving.size;
  }
}

/**
 * The places of users on this node. With the policy `reject` a user has as many connections as the limit says, those that are
 * being admitted or closed included, and a further one gets no place. With `oldest` a further one is let in and the oldest goes:
 * no more than the limit are admitted at a time, no more apply, and of those that were sent away and don't go no more are
 * waited for. Only a connection that is let in costs another one its place.
 */
export class UserPlaces {
  private readonly byUser = new Map<string, Occupants>();

  /** @param limit 0: none */
  constructor(
    private readonly limit: number,
    private readonly policy: ConnectionLimitPolicy,
  ) {}

  /** Null if there is no place left. */
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
