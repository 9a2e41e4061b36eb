import { ConflictException, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Environment } from '../config/environment.js';
import { Organization } from '../organizations/organization.entity.js';
import { noSuchOrganization } from '../organizations/organizations.service.js';
import { BroadcastService } from '../realtime/index.js';
import { thresholdReached } from './quota-threshold.js';
import { Resource } from './resource.entity.js';

/** Limits the number of resources of an organization, and warns its members before the limit is reached. */
@Injectable()
export class ResourceQuota {
  private readonly limit: number;

  constructor(
    environment: Environment,
    private readonly broadcast: BroadcastService,
  ) {
    this.limit = environment.orgResourceQuota;
  }

  /**
   * Runs `add`, which adds one resource, if the quota allows it. Locks the organization, so that two concurrent calls can't both use
   * the last free place.
   * @throws {ConflictException} if the quota is exhausted
   * @throws {NotFoundException} if the organization has been deleted
   */
  async addOne<T>(orgId: string, manager: EntityManager, add: () => Promise<T>): Promise<T> {
    const organization = await manager.findOne(Organization, {
      where: { id: orgId },
      lock: { mode: 'for_no_key_update' },
    });
    if (organization === null) throw noSuchOrganization();
    const used = (await manager.countBy(Resource, { orgId })) + 1;
    if (used > this.limit) {
      throw new ConflictException(`The organization holds ${used - 1} resources, and may hold ${this.limit}.`);
    }
    const added = await add();
    await this.warn(orgId, used, manager);
    return added;
  }

  private async warn(orgId: string, used: number, manager: EntityManager): Promise<void> {
    const percent = thresholdReached(used, this.limit);
    if (percent === null) return;
    const timestamp = new Date().toISOString();
    const data = { quota: 'resources', used, limit: this.limit, percent, timestamp } as const;
    await this.broadcast.broadcastOrgEvent(orgId, 'quota.warning', data, { manager });
  }
}
