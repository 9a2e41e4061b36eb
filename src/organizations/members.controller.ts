import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiPageResponse } from '../http/api-answers.decorator.js';
import { type Page, PageQuery } from '../http/pagination.js';
import { UserIdParam } from '../http/path-ids.decorator.js';
import { UsersService } from '../users/users.service.js';
import { AddMemberDto, ChangeRoleDto, MemberDto } from './member.dto.js';
import type { Membership } from './membership.entity.js';
import { MembershipsService } from './memberships.service.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';

const LAST_OWNER = 'An organization must keep its last owner.';
const USER_ID = 'The id of the member';

@ApiTags('members')
@Controller('orgs/:org_id/members')
export class MembersController {
  constructor(
    private readonly memberships: MembershipsService,
    private readonly users: UsersService,
  ) {}

  @Get()
  @ForMembers()
  @ApiOperation({ summary: 'The members of an organization' })
  @ApiPageResponse(MemberDto)
  async list(@CurrentMembership() { orgId }: Membership, @Query() query: PageQuery): Promise<Page<MemberDto>> {
    const { items, next_cursor } = await this.memberships.list(orgId, query);
    return { items: await this.withEmails(items), next_cursor };
  }

  @Post()
  @ForMembers('addMembers')
  @ApiOperation({ summary: 'Add any user; admins add plain members only. Emits `member.joined` and notifies the user' })
  @ApiCreatedResponse({ type: MemberDto })
  @ApiConflictResponse({ description: 'The user is already a member.' })
  async add(@CurrentMembership() actor: Membership, @Body() { user_id, role }: AddMemberDto): Promise<MemberDto> {
    return this.withEmail(await this.memberships.add(actor, user_id, role));
  }

  @Patch(':user_id')
  @ForMembers('changeRoles')
  @ApiOperation({ summary: 'Change the role of a member (owners); the last owner must stay owner' })
  @ApiOkResponse({ type: MemberDto })
  @ApiConflictResponse({ description: LAST_OWNER })
  async changeMemberRole(
    @CurrentMembership() actor: Membership,
    @UserIdParam('user_id', USER_ID) userId: string,
    @Body() { role }: ChangeRoleDto,
  ): Promise<MemberDto> {
    return this.withEmail(await this.memberships.changeRole(actor, userId, role));
  }

  @Delete(':user_id')
  @HttpCode(204)
  @ForMembers()
  @ApiOperation({
    summary: 'Remove a member: owners anyone, admins plain members, all members themselves. Emits `member.left`',
  })
  @ApiNoContentResponse()
  @ApiForbiddenResponse({ description: 'Your role does not allow removing members.' })
  @ApiConflictResponse({ description: LAST_OWNER })
  async remove(@CurrentMembership() actor: Membership, @UserIdParam('user_id', USER_ID) userId: string): Promise<void> {
    await this.memberships.remove(actor, userId);
  }

  private async withEmails(members: readonly Membership[]): Promise<MemberDto[]> {
    const emails = await this.users.emailOf(members.map(({ userId }) => userId));
    return members.map((member) => new MemberDto(member, emails.get(member.userId) ?? null));
  }

  private async withEmail(member: Membership): Promise<MemberDto> {
    const emails = await this.users.emailOf([member.userId]);
    return new MemberDto(member, emails.get(member.userId) ?? null);
  }
}
