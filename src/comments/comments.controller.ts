import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPageResponse, ApiProblems } from '../http/api-answers.decorator.js';
import { type Page, PageQuery } from '../http/pagination.js';
import { ParseUuidPipe } from '../http/parse-uuid.pipe.js';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { CommentDto, WriteCommentDto } from './comment.dto.js';
import { CommentsService } from './comments.service.js';

@ApiTags('comments')
@ApiBearerAuth()
@Controller('orgs/:org_id/resources/:id/comments')
@ForMembers()
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Post()
  @ApiOperation({ summary: 'Comment on a resource. Mentioned members are notified: `mention.received`' })
  @ApiCreatedResponse({ type: CommentDto })
  @ApiProblems(400, 404)
  async write(
    @CurrentMembership() author: Membership,
    @Param('id', ParseUuidPipe) resourceId: string,
    @Body() { body }: WriteCommentDto,
  ): Promise<CommentDto> {
    return new CommentDto(await this.comments.write(author, resourceId, body));
  }

  @Get()
  @ApiOperation({ summary: 'The comments on a resource, oldest first' })
  @ApiPageResponse(CommentDto)
  @ApiProblems(400, 404)
  async list(
    @CurrentMembership() { orgId }: Membership,
    @Param('id', ParseUuidPipe) resourceId: string,
    @Query() query: PageQuery,
  ): Promise<Page<CommentDto>> {
    const { items, next_cursor } = await this.comments.list(orgId, resourceId, query);
    return { items: items.map((comment) => new CommentDto(comment)), next_cursor };
  }
}
