import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Organization } from '../organizations/organization.entity.js';
import { noSuchOrganization } from '../organizations/organizations.service.js';
import { BroadcastService } from '../realtime/index.js';
import type { AlertDto } from './alert.dto.js';

const ALERT_TITLES = { info: 'Notice', warning: 'Warning', critical: 'Critical alert' } as const;

/** Sends operators' alerts. */
@Injectable()
export class AlertsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  /**
   * Alerts the connected members of an organization. Goes through the outbox, so that it succeeds while the broker is down.
   * @throws {NotFoundException} if there is no such organization
   */
  async alertOrganization(orgId: string, alert: AlertDto): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      if (!(await manager.existsBy(Organization, { id: orgId }))) throw noSuchOrganization();
      await this.broadcast.broadcastOrgEvent(orgId, 'system.alert', alert, { manager });
    });
  }

  /** Alerts every user who is online, on all nodes. Users who connect later do not see it. */
  async alertEveryone({ alert_type, message, severity, timestamp }: AlertDto): Promise<void> {
    const notification = {
      title: ALERT_TITLES[severity],
      body: message,
      type: 'system.alert',
      alert_type,
      severity,
      timestamp,
    } as const;
    await this.dataSource.transaction((manager) => this.broadcast.broadcastToEveryone(notification, { manager }));
  }
}
