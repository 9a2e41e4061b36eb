import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Semaphore } from '../realtime/support/semaphore.js';
import { noSuchOrganization } from './organizations.service.js';

/** How many changes of one organization hold a database connection at once: one works, the next is ready. */
const PLACES = 2;
/** How long a change waits for others of this process, then for those of other processes: less than for an answer. */
const QUEUE_MS = 5_000;
const LOCK_MS = 2_000;

/** The limit is set before the lock is waited for, in the same round trip. */
const LOCK = `
  WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_MS}', true))
  SELECT id, name FROM organizations, patience WHERE id = $1
  FOR NO KEY UPDATE OF organizations`;

const BUSY = 'Too many others are changing the organization; try again later.';

/** An organization that no other transaction changes meanwhile. */
export interface LockedOrganization {
  id: string;
  name: string;
}

interface Turns {
  places: Semaphore;
  waiting: number;
}

/**
 * Runs changes of an organization one after the other. A burst of them waits here, without a database connection: the
 * pool is for everybody.
 */
@Injectable()
export class OrganizationTurns {
  private readonly turns = new Map<string, Turns>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Runs a transaction that holds the organization's row.
   * @throws {NotFoundException} if the organization has been deleted
   * @throws {ServiceUnavailableException} if too many other changes came before; the caller may try again
   * @throws {QueryFailedError} with `55P03` if another process held the row for too long
   */
  async run<T>(
    orgId: string,
    work: (manager: EntityManager, organization: LockedOrganization) => Promise<T>,
  ): Promise<T> {
    const turns = this.turns.get(orgId) ?? { places: new Semaphore(PLACES), waiting: 0 };
    this.turns.set(orgId, turns);
    turns.waiting += 1;
    try {
      const end = performance.now() + QUEUE_MS;
      return await turns.places.run(() => {
        // Whoever asked for it gives up soon, and must not be surprised by it later.
        if (performance.now() > end) throw new ServiceUnavailableException(BUSY);
        return this.dataSource.transaction(async (manager) => work(manager, await lock(orgId, manager)));
      });
    } finally {
      turns.waiting -= 1;
      if (turns.waiting === 0) this.turns.delete(orgId);
    }
  }
}

async function lock(orgId: string, manager: EntityManager): Promise<LockedOrganization> {
  const [row] = await manager.query<LockedOrganization[]>(LOCK, [orgId]);
  if (row === undefined) throw noSuchOrganization();
  return row;
}
