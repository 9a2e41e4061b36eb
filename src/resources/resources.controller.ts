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
import { ParseUuidPipe } from '../http/parse-uuid.pipe.js';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { ChangeResourceDto, CreateResourceDto, ResourceDto } from './resource.dto.js';
import { ResourcesService } from './resources.service.js';

@ApiTags('resources')
@ApiBearerAuth()
@Controller('orgs/:org_id/resources')
@ForMembers()
export class ResourcesController {
  constructor(private readonly resources: ResourcesService) {}

  @Post()
  @ApiOperation({
    summary: 'Create a resource, within the quota. Emits `resource.created`, and `quota.warning` at 80, 90 and 100 %',
  })
  @ApiCreatedResponse({ type: ResourceDto })
  @ApiProblems(400, 404, 409)
  async create(@CurrentMembership() { orgId }: Membership, @Body() body: CreateResourceDto): Promise<ResourceDto> {
    return new ResourceDto(await this.resources.create(orgId, body));
  }

  @Get()
  @ApiOperation({ summary: 'The resources of an organization, oldest first' })
  @ApiPageResponse(ResourceDto)
  @ApiProblems(400, 404)
  async list(@CurrentMembership() { orgId }: Membership, @Query() query: PageQuery): Promise<Page<ResourceDto>> {
    const { items, next_cursor } = await this.resources.list(orgId, query);
    return { items: items.map((resource) => new ResourceDto(resource)), next_cursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One resource' })
  @ApiOkResponse({ type: ResourceDto })
  @ApiProblems(404)
  async get(@CurrentMembership() { orgId }: Membership, @Param('id', ParseUuidPipe) id: string): Promise<ResourceDto> {
    return new ResourceDto(await this.resources.get(orgId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a resource; what is left out stays. Emits `resource.updated` if anything changed' })
  @ApiOkResponse({ type: ResourceDto })
  @ApiProblems(400, 404)
  async change(
    @CurrentMembership() { orgId }: Membership,
    @Param('id', ParseUuidPipe) id: string,
    @Body() body: ChangeResourceDto,
  ): Promise<ResourceDto> {
    return new ResourceDto(await this.resources.change(orgId, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a resource. Emits `resource.deleted`' })
  @ApiNoContentResponse()
  @ApiProblems(404)
  async remove(@CurrentMembership() { orgId }: Membership, @Param('id', ParseUuidPipe) id: string): Promise<void> {
    await this.resources.remove(orgId, id);
  }
}
