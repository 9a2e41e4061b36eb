import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, MoreThan, QueryFailedError } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BroadcastService } from '../realtime/index.js';
import { Membership } from './membership.entity.js';
import type { OrgRole } from './org-role.js';
import { Organization } from './organization.entity.js';
import { pageOf, uuidCursor, type Page, type PageQuery } from '../http/pagination.js';

/** An organization as one of its members sees it. */
export interface OwnOrganization {
  organization: Organization;
  role: OrgRole;
}

/** Creates, lists, renames and deletes organizations. */
@Injectable()
export class OrganizationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  /** Creates an organization with the founder as owner. Publishes nothing, as there are no other members yet. */
  found(founderId: string, name: string, id: string = uuidv7()): Promise<OwnOrganization> {
    return this.dataSource.transaction(async (manager) => {
      const organization = await manager.save(manager.create(Organization, { id, name }));
      const founder = manager.create(Membership, { orgId: organization.id, userId: founderId, role: 'owner' });
      await manager.save(founder, { listeners: false });
      return { organization, role: founder.role };
    });
  }

  /** The organizations of a user, oldest first. */
  async list(userId: string, { limit, cursor }: PageQuery): Promise<Page<OwnOrganization>> {
    const after = uuidCursor(cursor);
    const memberships = await this.dataSource.getRepository(Membership).find({
      where: { userId, ...(after !== null && { orgId: MoreThan(after) }) },
      relations: { organization: true },
      order: { orgId: 'ASC' },
      take: limit + 1,
    });
    // The relation is loaded; its type doesn't show that.
    const own = memberships.flatMap(({ organization, role }) => (organization ? [{ organization, role }] : []));
    return pageOf(own, limit, ({ organization }) => organization.id);
  }

  /** @throws {NotFoundException} if it has been deleted */
  async get({ orgId, role }: Membership): Promise<OwnOrganization> {
    const organization = await this.dataSource.getRepository(Organization).findOneBy({ id: orgId });
    if (organization === null) throw noSuchOrganization();
    return { organization, role };
  }

  /** @throws {NotFoundException} if it has been deleted */
  async rename(membership: Membership, name: string): Promise<OwnOrganization> {
    await this.dataSource.getRepository(Organization).update({ id: membership.orgId }, { name });
    return this.get(membership);
  }

  /** Deletes an organization and everything that belongs to it. Closes its members' connections instead of publishing `member.left`. */
  async dissolve(orgId: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.delete(Organization, { id: orgId });
      await this.broadcast.evictFromOrg(orgId, null, { manager });
    });
  }
}

/** The same answer for malformed ids, unknown ids and non-members, so that clients can't tell them apart. */
export function noSuchOrganization(): NotFoundException {
  return new NotFoundException('There is no such organization.');
}

const FOREIGN_KEY_VIOLATION = '23503';

/** For writes below an organization, which may have been deleted after the caller was authorized. */
export function rethrowForDissolved(error: unknown): never {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : null;
  const isDissolved =
    typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === FOREIGN_KEY_VIOLATION;
  throw isDissolved ? noSuchOrganization() : error;
}
