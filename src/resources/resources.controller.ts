import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiPageResponse } from '../http/api-answers.decorator.js';
import { type Page, PageQuery } from '../http/pagination.js';
import { UuidParam } from '../http/path-ids.decorator.js';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { ChangeResourceDto, CreateResourceDto, ResourceDto } from './resource.dto.js';
import { ResourcesService } from './resources.service.js';

const ID = 'The id of the resource';

@ApiTags('resources')
@Controller('orgs/:org_id/resources')
@ForMembers()
export class ResourcesController {
  constructor(private readonly resources: ResourcesService) {}

  @Post()
  @ApiOperation({
    summary: 'Create a resource, within the quota. Emits `resource.created`, and `quota.warning` at 80, 90 and 100 %',
  })
  @ApiCreatedResponse({ type: ResourceDto })
  @ApiConflictResponse({ description: 'The organization holds 1000 resources, and may hold 1000.' })
  async create(@CurrentMembership() { orgId }: Membership, @Body() body: CreateResourceDto): Promise<ResourceDto> {
    return new ResourceDto(await this.resources.create(orgId, body));
  }

  @Get()
  @ApiOperation({ summary: 'The resources of an organization, oldest first' })
  @ApiPageResponse(ResourceDto)
  async list(@CurrentMembership() { orgId }: Membership, @Query() query: PageQuery): Promise<Page<ResourceDto>> {
    const { items, next_cursor } = await this.resources.list(orgId, query);
    return { items: items.map((resource) => new ResourceDto(resource)), next_cursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One resource' })
  @ApiOkResponse({ type: ResourceDto })
  async get(@CurrentMembership() { orgId }: Membership, @UuidParam('id', ID) id: string): Promise<ResourceDto> {
    return new ResourceDto(await this.resources.get(orgId, id));
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change a resource; omitted fields stay the same. Emits `resource.updated` if anything changed',
  })
  @ApiOkResponse({ type: ResourceDto })
  async change(
    @CurrentMembership() { orgId }: Membership,
    @UuidParam('id', ID) id: string,
    @Body() body: ChangeResourceDto,
  ): Promise<ResourceDto> {
    return new ResourceDto(await this.resources.change(orgId, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a resource. Emits `resource.deleted`' })
  @ApiNoContentResponse()
  async remove(@CurrentMembership() { orgId }: Membership, @UuidParam('id', ID) id: string): Promise<void> {
    await this.resources.remove(orgId, id);
  }
}
