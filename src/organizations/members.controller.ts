import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiPageResponse, ApiProblems } from '../http/api-answers.decorator.js';
import { type Page, PageQuery } from '../http/pagination.js';
import { ParseUserIdPipe } from '../users/parse-user-id.pipe.js';
import { UsersService } from '../users/users.service.js';
import { AddMemberDto, ChangeRoleDto, MemberDto } from './member.dto.js';
import type { Membership } from './membership.entity.js';
import { MembershipsService } from './memberships.service.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';

@ApiTags('members')
@ApiBearerAuth()
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
  @ApiProblems(400, 404)
  async list(@CurrentMembership() { orgId }: Membership, @Query() query: PageQuery): Promise<Page<MemberDto>> {
    const { items, next_cursor } = await this.memberships.list(orgId, query);
    return { items: await this.withEmails(items), next_cursor };
  }

  @Post()
  @ForMembers('addMembers')
  @ApiOperation({ summary: 'Add any user; admins add plain members only. Emits `member.joined` and notifies the user' })
  @ApiCreatedResponse({ type: MemberDto })
  @ApiProblems(400, 403, 404, 409)
  async add(@CurrentMembership() actor: Membership, @Body() { user_id, role }: AddMemberDto): Promise<MemberDto> {
    return this.withEmail(await this.memberships.add(actor, user_id, role));
  }

  @Patch(':user_id')
  @ForMembers('changeRoles')
  @ApiOperation({ summary: 'Change the role of a member (owners); the last owner stays one' })
  @ApiOkResponse({ type: MemberDto })
  @ApiProblems(400, 403, 404, 409)
  async changeRole(
    @CurrentMembership() actor: Membership,
    @Param('user_id', ParseUserIdPipe) userId: string,
    @Body() { role }: ChangeRoleDto,
  ): Promise<MemberDto> {
    return this.withEmail(await this.memberships.changeRole(actor, userId, role));
  }

  @Delete(':user_id')
  @HttpCode(204)
  @ForMembers()
  @ApiOperation({
    summary: 'Remove a member: owners anyone, admins plain members, everybody themselves. Emits `member.left`',
  })
  @ApiNoContentResponse()
  @ApiProblems(403, 404, 409)
  async remove(
    @CurrentMembership() actor: Membership,
    @Param('user_id', ParseUserIdPipe) userId: string,
  ): Promise<void> {
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
