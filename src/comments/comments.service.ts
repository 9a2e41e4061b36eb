import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, MoreThan } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { API_PREFIX } from '../http/configure-http.js';
import { type Page, pageOf, type PageQuery, uuidCursor } from '../http/pagination.js';
import type { Membership } from '../organizations/membership.entity.js';
import { BroadcastService } from '../realtime/index.js';
import { ResourcesService } from '../resources/resources.service.js';
import { Comment } from './comment.entity.js';
import { mentionedMembers } from './mentioned-members.js';

/** Stores members' comments on resources, and notifies the members they mention. */
@Injectable()
export class CommentsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly resources: ResourcesService,
    private readonly broadcast: BroadcastService,
  ) {}

  /**
   * Stores a comment, and notifies the mentioned members in the same transaction.
   * @throws {NotFoundException} if the organization has no such resource
   */
  write({ orgId, userId }: Membership, resourceId: string, body: string): Promise<Comment> {
    return this.dataSource.transaction(async (manager) => {
      await this.resources.hold(orgId, resourceId, manager);
      const comment = manager.create(Comment, { id: uuidv7(), resourceId, author: userId, body });
      await manager.save(comment);
      await this.notifyMentioned(orgId, comment, manager);
      return comment;
    });
  }

  /**
   * The comments on a resource, oldest first.
   * @throws {NotFoundException} if the organization has no such resource
   */
  async list(orgId: string, resourceId: string, { limit, cursor }: PageQuery): Promise<Page<Comment>> {
    const after = uuidCursor(cursor);
    await this.resources.get(orgId, resourceId);
    const comments = await this.dataSource.getRepository(Comment).find({
      where: { resourceId, ...(after !== null && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: limit + 1,
    });
    return pageOf(comments, limit, ({ id }) => id);
  }

  private async notifyMentioned(orgId: string, comment: Comment, manager: EntityManager): Promise<void> {
    const mentioned = await mentionedMembers(orgId, comment.body, manager);
    mentioned.delete(comment.author);
    const notification = {
      title: 'You were mentioned',
      body: comment.body,
      type: 'mention.received',
      org_id: orgId,
      resource_id: comment.resourceId,
      comment_id: comment.id,
      from: comment.author,
      action_url: `${API_PREFIX}/orgs/${orgId}/resources/${comment.resourceId}`,
    } as const;
    for (const userId of mentioned) await this.broadcast.broadcastNotification(userId, notification, { manager });
  }
}
