import { Injectable } from '@nestjs/common';
import { MembershipsService } from '../organizations/memberships.service.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { ResourcesService } from '../resources/resources.service.js';
import { UsersService } from '../users/users.service.js';
import { DEMO_USERS } from './demo-users.js';

/** Lower than any generated id: organizations are listed by id, so the console opens with this one. */
const DEMO_ORGANIZATION_ID = '00000000-0000-7000-8000-000000000001';

const RESOURCES = [
  { name: 'Welcome guide', sensitivity: 'public', description: 'What a new member reads on the first day' },
  { name: 'Roadmap', sensitivity: 'normal', description: 'What comes next, and why' },
  { name: 'Payroll', sensitivity: 'confidential', description: null },
] as const;

/** The demo users' organization, so that the console isn't empty at first. */
@Injectable()
export class DemoOrganization {
  private founded: Promise<void> | undefined;

  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly memberships: MembershipsService,
    private readonly resources: ResourcesService,
  ) {}

  /** Creates the organization if it doesn't exist; concurrent calls share one attempt. */
  ensure(): Promise<void> {
    this.founded ??= this.found().catch((error: unknown) => {
      this.founded = undefined;
      throw error;
    });
    return this.founded;
  }

  private async found(): Promise<void> {
    if (await this.isThere()) return;
    try {
      await this.create();
    } catch (error) {
      // Another server process may have created it first.
      if (!(await this.isThere())) throw error;
    }
  }

  /** Every organization has an owner. */
  private async isThere(): Promise<boolean> {
    const { items } = await this.memberships.list(DEMO_ORGANIZATION_ID, { limit: 1 });
    return items.length > 0;
  }

  private async create(): Promise<void> {
    const [founder, admin, member] = DEMO_USERS;
    for (const { user_id, email, name } of DEMO_USERS) await this.users.remember({ userId: user_id, email, name });
    const { organization } = await this.organizations.found(founder.user_id, 'Acme Robotics', DEMO_ORGANIZATION_ID);
    const owner = await this.memberships.find(organization.id, founder.user_id);
    if (owner === null) throw new Error(`${organization.name} has lost its founder ${founder.user_id}`);
    await this.memberships.add(owner, admin.user_id, 'admin');
    await this.memberships.add(owner, member.user_id, 'member');
    for (const resource of RESOURCES) await this.resources.create(organization.id, resource);
  }
}
