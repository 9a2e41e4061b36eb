import { Body, Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { MessageDto, SendMessageDto } from './message.dto.js';
import { MessagesService } from './messages.service.js';

@ApiTags('messages')
@Controller('orgs/:org_id/messages')
@ForMembers()
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Post()
  @ApiOperation({ summary: 'Send another member a message. It arrives as a notification, `message.received`' })
  @ApiCreatedResponse({ type: MessageDto })
  send(@CurrentMembership() sender: Membership, @Body() { to, body }: SendMessageDto): Promise<MessageDto> {
    return this.messages.send(sender, to, body);
  }
}
