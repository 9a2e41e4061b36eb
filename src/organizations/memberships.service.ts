import { ConflictException, ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, MoreThan, type Repository } from 'typeorm';
import { API_PREFIX } from '../http/configure-http.js';
import { BroadcastService } from '../realtime/index.js';
import { Membership } from './membership.entity.js';
import { may, mayAdd, mayRemove, type OrgRole, takesRole } from './org-role.js';
import { type LockedOrganization, OrganizationTurns } from './organization-turns.js';
import { noSuchOrganization } from './organizations.service.js';
import { Batches } from '../realtime/support/batches.js';
import { decodeListCursor, type Page, type PageQuery, pageOf } from '../http/pagination.js';

const FIND = `
  SELECT memberships.role, memberships.joined_at
  FROM unnest($1::uuid[], $2::varchar[]) WITH ORDINALITY AS asked (org_id, user_id, place)
  LEFT JOIN memberships USING (org_id, user_id)
  ORDER BY place`;

const USER_IDS = 'SELECT user_id FROM memberships WHERE org_id = $1 LIMIT $2';

const ARE_MEMBERS = `
  SELECT EXISTS (
    SELECT FROM memberships WHERE memberships.org_id = asked.org_id AND memberships.user_id = asked.user_id
  ) AS is_member
  FROM unnest($1::uuid[], $2::varchar[]) WITH ORDINALITY AS asked (org_id, user_id, place)
  ORDER BY place`;

type MembershipKey = Pick<Membership, 'orgId' | 'userId'>;

/** Manages memberships, by the rules of the roles. */
@Injectable()
export class MembershipsService {
  private readonly memberships: Repository<Membership>;
  private readonly found = new Batches((keys: readonly MembershipKey[]) => this.findAll(keys));

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
    private readonly turns: OrganizationTurns,
  ) {
    this.memberships = dataSource.getRepository(Membership);
  }

  /** Nearly every request below an organization asks for it, and every connection to its events. */
  find(orgId: string, userId: string): Promise<Membership | null> {
    return this.found.answerTo({ orgId, userId });
  }

  /** Whether each pair is a membership, in the given order. One query, using the primary key. */
  async areMembers(pairs: readonly MembershipKey[]): Promise<boolean[]> {
    const rows = await this.dataSource.query<{ is_member: boolean }[]>(ARE_MEMBERS, [
      pairs.map(({ orgId }) => orgId),
      pairs.map(({ userId }) => userId),
    ]);
    return rows.map(({ is_member }) => is_member);
  }

  private async findAll(keys: readonly MembershipKey[]): Promise<(Membership | null)[]> {
    const rows = await this.dataSource.query<{ role: OrgRole | null; joined_at: Date }[]>(FIND, [
      keys.map(({ orgId }) => orgId),
      keys.map(({ userId }) => userId),
    ]);
    return rows.map(({ role, joined_at: joinedAt }, n) =>
      role === null ? null : Object.assign(new Membership(), { ...keys[n], role, joinedAt }),
    );
  }

  /** The ids of the members, up to a number. */
  async userIds(orgId: string, most: number, manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ user_id: string }[]>(USER_IDS, [orgId, most]);
    return rows.map(({ user_id }) => user_id);
  }

  /** The members of an organization, ordered by user id. */
  async list(orgId: string, { limit, cursor }: PageQuery): Promise<Page<Membership>> {
    const [after] = cursor === undefined ? [] : decodeListCursor(cursor, 1);
    const members = await this.memberships.find({
      where: { orgId, ...(after !== undefined && { userId: MoreThan(after) }) },
      order: { userId: 'ASC' },
      take: limit + 1,
    });
    return pageOf(members, limit, ({ userId }) => userId);
  }

  /** Adds a member and notifies the user; the subscriber notifies the organization. */
  add(actor: Membership, userId: string, role: OrgRole): Promise<Membership> {
    return this.change(actor, async (manager, organization, actorRole) => {
      if (!mayAdd(actorRole, role)) throw new ForbiddenException(`Your role does not allow adding an ${role}.`);
      // `save` would turn a second membership of the same user into an update of the first.
      const exists = await manager.existsBy(Membership, { orgId: organization.id, userId });
      if (exists) throw new ConflictException('The user is already a member.');
      const membership = await manager.save(manager.create(Membership, { orgId: organization.id, userId, role }));
      await this.welcome(userId, organization, role, manager);
      return membership;
    });
  }

  changeRole(actor: Membership, userId: string, role: OrgRole): Promise<Membership> {
    return this.change(actor, async (manager, organization, actorRole) => {
      if (!may(actorRole, 'changeRoles')) throw new ForbiddenException(takesRole('changeRoles'));
      const target = await memberOf(organization, userId, manager);
      if (role !== 'owner') await keepAnOwner(target, manager);
      return manager.save(Object.assign(target, { role }));
    });
  }

  /** Ends a membership; members may end their own. The subscriber notifies the organization. */
  remove(actor: Membership, userId: string): Promise<void> {
    return this.change(actor, async (manager, organization, actorRole) => {
      const isOneself = userId === actor.userId;
      if (!isOneself && !mayRemove(actorRole, 'member'))
        throw new ForbiddenException('Your role does not allow removing members.');
      const target = await memberOf(organization, userId, manager);
      if (!isOneself && !mayRemove(actorRole, target.role)) {
        throw new ForbiddenException(`Your role does not allow removing an ${target.role}.`);
      }
      await keepAnOwner(target, manager);
      await manager.remove(target);
    });
  }

  /**
   * Runs one change of an organization's members at a time, and reads the actor's role under the lock. Otherwise two owners removing
   * each other would both succeed.
   */
  private change<T>(
    { orgId, userId }: Membership,
    work: (manager: EntityManager, organization: LockedOrganization, actorRole: OrgRole) => Promise<T>,
  ): Promise<T> {
    return this.turns.run(orgId, async (manager, organization) => {
      const actor = await manager.findOneBy(Membership, { orgId, userId });
      if (actor === null) throw noSuchOrganization();
      return work(manager, organization, actor.role);
    });
  }

  private async welcome(
    userId: string,
    { id, name }: LockedOrganization,
    role: OrgRole,
    manager: EntityManager,
  ): Promise<void> {
    const notification = {
      title: 'Added to Organization',
      body: `You are now ${role === 'member' ? 'a member' : `an ${role}`} of ${name}`,
      org_id: id,
      org_name: name,
      action_url: `${API_PREFIX}/orgs/${id}`,
    };
    await this.broadcast.broadcastNotification(userId, notification, { manager });
  }
}

async function memberOf({ id }: LockedOrganization, userId: string, manager: EntityManager): Promise<Membership> {
  const membership = await manager.findOneBy(Membership, { orgId: id, userId });
  if (membership === null) throw new NotFoundException('There is no such member.');
  return membership;
}

async function keepAnOwner({ orgId, role }: Membership, manager: EntityManager): Promise<void> {
  if (role !== 'owner') return;
  const owners = await manager.countBy(Membership, { orgId, role: 'owner' });
  if (owners === 1) throw new ConflictException('An organization must keep its last owner.');
}
