import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { InvalidInputError } from '../http/errors.js';
import { Organization } from '../organizations/organization.entity.js';
import { noSuchOrganization } from '../organizations/organizations.service.js';
import { BroadcastService } from '../realtime/index.js';
import type { AlertDto } from './alert.dto.js';

/** Raises the alerts of those who operate the system. */
@Injectable()
export class AlertsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  /**
   * Tells the members of an organization who are connected. Goes through the outbox, so that it succeeds while the broker is
   * down.
   * @throws {NotFoundException} if there is no such organization
   */
  async alertOrganization(orgId: string, alert: AlertDto): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      if (!(await manager.existsBy(Organization, { id: orgId }))) throw noSuchOrganization();
      await this.broadcast.broadcastOrgEvent(orgId, 'system.alert', alert, { manager });
    });
  }

  /**
   * No channel reaches all users, so an alert takes an organization.
   * @throws {InvalidInputError}
   */
  alertEveryone(): Promise<void> {
    const message = 'org_id must be the UUID of an organization';
    return Promise.reject(new InvalidInputError([{ field: 'org_id', message }]));
  }
}
