import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, MoreThan, type Repository } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ResourceQuota } from './resource-quota.js';
import { Resource } from './resource.entity.js';
import { pageOf, uuidCursor, type Page, type PageQuery } from '../http/pagination.js';

/** The fields of a resource that a member may write. */
export type ResourceContent = Pick<Resource, 'name' | 'sensitivity' | 'description'>;

/** Manages the resources of organizations. The subscriber publishes changes, but only of loaded entities. */
@Injectable()
export class ResourcesService {
  private readonly resources: Repository<Resource>;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly quota: ResourceQuota,
  ) {
    this.resources = dataSource.getRepository(Resource);
  }

  /**
   * @throws {ConflictException} beyond the organization's quota
   * @throws {NotFoundException} if the organization has been deleted
   */
  create(orgId: string, content: ResourceContent): Promise<Resource> {
    return this.quota.addOne(orgId, (manager) =>
      manager.save(manager.create(Resource, { ...content, id: uuidv7(), orgId })),
    );
  }

  /** The resources of an organization, oldest first. */
  async list(orgId: string, { limit, cursor }: PageQuery): Promise<Page<Resource>> {
    const resources = await this.following(orgId, uuidCursor(cursor), limit + 1);
    return pageOf(resources, limit, ({ id }) => id);
  }

  /** @throws {NotFoundException} */
  async get(orgId: string, id: string): Promise<Resource> {
    return found(await this.resources.findOneBy({ id, orgId }));
  }

  /**
   * Keeps a resource from being deleted before the transaction ends, for writing rows that belong to it.
   * @throws {NotFoundException}
   */
  async hold(orgId: string, id: string, manager: EntityManager): Promise<void> {
    found(await manager.findOne(Resource, { where: { id, orgId }, lock: { mode: 'for_key_share' } }));
  }

  /**
   * Changes the given fields. If nothing differs, writes and publishes nothing.
   * @throws {NotFoundException}
   */
  change(orgId: string, id: string, content: Partial<ResourceContent>): Promise<Resource> {
    return this.dataSource.transaction(async (manager) => {
      const resource = await locked(orgId, id, manager);
      manager.merge(Resource, resource, content);
      return manager.save(resource);
    });
  }

  /** @throws {NotFoundException} */
  remove(orgId: string, id: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      await manager.remove(await locked(orgId, id, manager));
    });
  }

  /** How many resources an organization has. */
  count(orgId: string): Promise<number> {
    return this.resources.countBy({ orgId });
  }

  /** All resources of an organization, in batches, so that they are never all in memory. */
  async *inBatches(orgId: string, size: number): AsyncGenerator<Resource[]> {
    let after: string | null = null;
    for (;;) {
      const batch: Resource[] = await this.following(orgId, after, size);
      if (batch.length > 0) yield batch;
      if (batch.length < size) return;
      after = batch.at(-1)?.id ?? null;
    }
  }

  private following(orgId: string, after: string | null, take: number): Promise<Resource[]> {
    const where = after === null ? { orgId } : { orgId, id: MoreThan(after) };
    return this.resources.find({ where, order: { id: 'ASC' }, take });
  }
}

/** Locks the row: otherwise two concurrent deletions would both publish, and a change could restore a deleted resource. */
async function locked(orgId: string, id: string, manager: EntityManager): Promise<Resource> {
  return found(await manager.findOne(Resource, { where: { id, orgId }, lock: { mode: 'pessimistic_write' } }));
}

function found(resource: Resource | null): Resource {
  if (resource === null) throw new NotFoundException('There is no such resource.');
  return resource;
}
