import { ConflictException, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Environment } from '../config/environment.js';
import { OrganizationTurns } from '../organizations/organization-turns.js';
import { BroadcastService } from '../realtime/index.js';
import { Resource } from './resource.entity.js';
import { thresholdReached } from './quota-threshold.js';

/** Limits the number of resources of an organization, and warns its members before the limit is reached. */
@Injectable()
export class ResourceQuota {
  private readonly limit: number;

  constructor(
    environment: Environment,
    private readonly broadcast: BroadcastService,
    private readonly turns: OrganizationTurns,
  ) {
    this.limit = environment.orgResourceQuota;
  }

  /**
   * Runs `add`, which adds one resource, if the quota allows it. Holds the organization's row, so that two concurrent calls can't
   * both use the last free place.
   * @throws {ConflictException} if the quota is exhausted
   * @throws {NotFoundException} if the organization has been deleted
   */
  addOne<T>(orgId: string, add: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.turns.run(orgId, async (manager) => {
      const used = (await manager.countBy(Resource, { orgId })) + 1;
      if (used > this.limit) {
        throw new ConflictException(`The organization holds ${used - 1} resources, and may hold ${this.limit}.`);
      }
      const added = await add(manager);
      await this.warn(orgId, used, manager);
      return added;
    });
  }

  private async warn(orgId: string, used: number, manager: EntityManager): Promise<void> {
    const percent = thresholdReached(used, this.limit);
    if (percent === null) return;
    const timestamp = new Date().toISOString();
    const data = { quota: 'resources', used, limit: this.limit, percent, timestamp } as const;
    await this.broadcast.broadcastOrgEvent(orgId, 'quota.warning', data, { manager });
  }
}
