import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Membership } from '../organizations/membership.entity.js';
import { BroadcastService } from '../realtime/index.js';
import type { MessageDto } from './message.dto.js';

/** Sends messages between members. They are stored only in the recipient's inbox. */
@Injectable()
export class MessagesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  /** @throws {NotFoundException} if the recipient isn't a member of the sender's organization */
  send({ orgId, userId: from }: Membership, to: string, body: string): Promise<MessageDto> {
    return this.dataSource.transaction(async (manager) => {
      // Locked, so that if the membership ends at the same time, the message arrives before that or not at all.
      const recipient = await manager.findOne(Membership, {
        where: { orgId, userId: to },
        lock: { mode: 'for_key_share' },
      });
      if (recipient === null) throw new NotFoundException('There is no such member.');
      const message = { id: uuidv7(), org_id: orgId, from, to, body, created_at: new Date().toISOString() };
      const notification = {
        title: 'New message',
        body,
        type: 'message.received',
        message_id: message.id,
        org_id: orgId,
        from,
        timestamp: message.created_at,
      } as const;
      await this.broadcast.broadcastNotification(to, notification, { manager });
      return message;
    });
  }
}
