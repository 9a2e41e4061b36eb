import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  DataSource,
  type EntitySubscriberInterface,
  type InsertEvent,
  type RemoveEvent,
  type UpdateEvent,
} from 'typeorm';
import { expectLoaded } from '../database/index.js';
import { BroadcastService } from '../realtime/index.js';
import { User } from '../users/user.entity.js';
import { Membership } from './membership.entity.js';

/** Publishes members who join or leave, in the same transaction, and closes the connections of those who leave. */
@Injectable()
export class MembershipSubscriber implements EntitySubscriberInterface<Membership> {
  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {
    dataSource.subscribers.push(this);
  }

  listenTo(): typeof Membership {
    return Membership;
  }

  async afterInsert({ entity, manager }: InsertEvent<Membership>): Promise<void> {
    const user = await manager.findOneBy(User, { id: entity.userId });
    const data = {
      user_id: entity.userId,
      user_email: user?.email ?? null,
      org_id: entity.orgId,
      role: entity.role,
      timestamp: new Date().toISOString(),
    };
    await this.broadcast.broadcastOrgEvent(entity.orgId, 'member.joined', data, { manager });
  }

  beforeUpdate(event: UpdateEvent<Membership>): void {
    expectLoaded(event, Membership);
  }

  beforeRemove(event: RemoveEvent<Membership>): void {
    expectLoaded(event, Membership);
  }

  /** Uses `databaseEntity`, because after the removal the entity itself has lost its key. */
  async afterRemove({ databaseEntity, manager }: RemoveEvent<Membership>): Promise<void> {
    const { orgId, userId } = databaseEntity;
    const data = { user_id: userId, org_id: orgId, timestamp: new Date().toISOString() };
    await this.broadcast.broadcastOrgEvent(orgId, 'member.left', data, { manager });
    await this.broadcast.evictFromOrg(orgId, userId, { manager });
  }
}
