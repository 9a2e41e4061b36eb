import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPageResponse } from '../http/api-answers.decorator.js';
import { type Page, PageQuery } from '../http/pagination.js';
import { UuidParam } from '../http/path-ids.decorator.js';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { CommentDto, WriteCommentDto } from './comment.dto.js';
import { CommentsService } from './comments.service.js';

const RESOURCE_ID = 'The id of the resource';

@ApiTags('comments')
@Controller('orgs/:org_id/resources/:id/comments')
@ForMembers()
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Post()
  @ApiOperation({ summary: 'Comment on a resource. Mentioned members are notified: `mention.received`' })
  @ApiCreatedResponse({ type: CommentDto })
  async write(
    @CurrentMembership() author: Membership,
    @UuidParam('id', RESOURCE_ID) resourceId: string,
    @Body() { body }: WriteCommentDto,
  ): Promise<CommentDto> {
    return new CommentDto(await this.comments.write(author, resourceId, body));
  }

  @Get()
  @ApiOperation({ summary: 'The comments on a resource, oldest first' })
  @ApiPageResponse(CommentDto)
  async list(
    @CurrentMembership() { orgId }: Membership,
    @UuidParam('id', RESOURCE_ID) resourceId: string,
    @Query() query: PageQuery,
  ): Promise<Page<CommentDto>> {
    const { items, next_cursor } = await this.comments.list(orgId, resourceId, query);
    return { items: items.map((comment) => new CommentDto(comment)), next_cursor };
  }
}
