import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../auth/current-principal.decorator.js';
import type { Principal } from '../auth/principal.js';
import { ApiPageResponse } from '../http/api-answers.decorator.js';
import { type Page, PageQuery } from '../http/pagination.js';
import type { Membership } from './membership.entity.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';
import { NameOrganizationDto, OrganizationDto } from './organization.dto.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('organizations')
@Controller('orgs')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Post()
  @ApiOperation({ summary: 'Create an organization; the caller becomes its owner' })
  @ApiCreatedResponse({ type: OrganizationDto })
  async create(
    @CurrentPrincipal() { userId }: Principal,
    @Body() { name }: NameOrganizationDto,
  ): Promise<OrganizationDto> {
    return new OrganizationDto(await this.organizations.found(userId, name));
  }

  @Get()
  @ApiOperation({ summary: "The caller's organizations, oldest first" })
  @ApiPageResponse(OrganizationDto)
  async list(@CurrentPrincipal() { userId }: Principal, @Query() query: PageQuery): Promise<Page<OrganizationDto>> {
    const { items, next_cursor } = await this.organizations.list(userId, query);
    return { items: items.map((organization) => new OrganizationDto(organization)), next_cursor };
  }

  @Get(':org_id')
  @ForMembers()
  @ApiOperation({ summary: 'One organization' })
  @ApiOkResponse({ type: OrganizationDto })
  async get(@CurrentMembership() membership: Membership): Promise<OrganizationDto> {
    return new OrganizationDto(await this.organizations.get(membership));
  }

  @Patch(':org_id')
  @ForMembers('rename')
  @ApiOperation({ summary: 'Rename an organization (owners)' })
  @ApiOkResponse({ type: OrganizationDto })
  async rename(
    @CurrentMembership() membership: Membership,
    @Body() { name }: NameOrganizationDto,
  ): Promise<OrganizationDto> {
    return new OrganizationDto(await this.organizations.rename(membership, name));
  }

  @Delete(':org_id')
  @HttpCode(204)
  @ForMembers('dissolve')
  @ApiOperation({ summary: 'Delete an organization and everything that belongs to it (owners)' })
  @ApiNoContentResponse()
  async dissolve(@CurrentMembership() { orgId }: Membership): Promise<void> {
    await this.organizations.dissolve(orgId);
  }
}
