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
import { Resource } from './resource.entity.js';

/** Publishes changes of resources to their organization, in the same transaction. */
@Injectable()
export class ResourceSubscriber implements EntitySubscriberInterface<Resource> {
  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {
    dataSource.subscribers.push(this);
  }

  listenTo(): typeof Resource {
    return Resource;
  }

  async afterInsert({ entity, manager }: InsertEvent<Resource>): Promise<void> {
    const data = { ...describe(entity), sensitivity: entity.sensitivity };
    await this.broadcast.broadcastOrgEvent(entity.orgId, 'resource.created', data, { manager });
  }

  beforeUpdate(event: UpdateEvent<Resource>): void {
    expectLoaded(event, Resource);
  }

  beforeRemove(event: RemoveEvent<Resource>): void {
    expectLoaded(event, Resource);
  }

  async afterUpdate({ entity, manager }: UpdateEvent<Resource>): Promise<void> {
    if (!(entity instanceof Resource)) return;
    const data = { ...describe(entity), sensitivity: entity.sensitivity };
    await this.broadcast.broadcastOrgEvent(entity.orgId, 'resource.updated', data, { manager });
  }

  /** Uses `databaseEntity`, because after the removal the entity itself has lost its key. */
  async afterRemove({ databaseEntity, manager }: RemoveEvent<Resource>): Promise<void> {
    const data = describe(databaseEntity);
    await this.broadcast.broadcastOrgEvent(databaseEntity.orgId, 'resource.deleted', data, { manager });
  }
}

function describe({ id, name, orgId }: Resource): {
  resource_id: string;
  resource_name: string;
  org_id: string;
  timestamp: string;
} {
  return { resource_id: id, resource_name: name, org_id: orgId, timestamp: new Date().toISOString() };
}
