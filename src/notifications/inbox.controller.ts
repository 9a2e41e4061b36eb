import { Body, Controller, Delete, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../auth/current-principal.decorator.js';
import type { Principal } from '../auth/principal.js';
import { ApiPageResponse } from '../http/api-answers.decorator.js';
import type { Page } from '../http/pagination.js';
import { UuidParam } from '../http/path-ids.decorator.js';
import { InboxItemDto, inboxItem, InboxQuery, PreferencesDto, ReadAllDto, UnreadCountResponse } from './inbox.dto.js';
import { NotificationsService, type UnreadCount } from './notifications.service.js';
import { PreferencesService } from './preferences.service.js';

const ID = 'The id of the notification';

/** The caller's own inbox. */
@ApiTags('notifications')
@Controller('notifications')
export class InboxController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly preferences: PreferencesService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Your notifications, newest first' })
  @ApiPageResponse(InboxItemDto)
  async listNotifications(
    @CurrentPrincipal() { userId }: Principal,
    @Query() query: InboxQuery,
  ): Promise<Page<object>> {
    const page = await this.notifications.list(userId, query.unread === 'true', query);
    return { ...page, items: page.items.map(inboxItem) };
  }

  @Get('unread_count')
  @ApiOperation({ summary: 'How many of your notifications you have not read' })
  @ApiOkResponse({ type: UnreadCountResponse })
  countUnreadNotifications(@CurrentPrincipal() { userId }: Principal): Promise<UnreadCount> {
    return this.notifications.countUnread(userId);
  }

  @Get('preferences')
  @ApiOperation({ summary: 'The notification types you have muted' })
  @ApiOkResponse({ type: PreferencesDto })
  async getNotificationPreferences(@CurrentPrincipal() { userId }: Principal): Promise<PreferencesDto> {
    return { muted: await this.preferences.mutedBy(userId) };
  }

  @Put('preferences')
  @ApiOperation({ summary: 'Mute notification types; any type except system.alert' })
  @ApiOkResponse({ type: PreferencesDto })
  async muteNotificationTypes(
    @CurrentPrincipal() { userId }: Principal,
    @Body() { muted }: PreferencesDto,
  ): Promise<PreferencesDto> {
    return { muted: await this.preferences.mute(userId, muted) };
  }

  @Post('read_all')
  @HttpCode(204)
  @ApiOperation({ summary: 'Mark all notifications as read, or all up to a given one' })
  @ApiNoContentResponse()
  readAllNotifications(@CurrentPrincipal() { userId }: Principal, @Body() { up_to }: ReadAllDto): Promise<void> {
    return this.notifications.readAll(userId, up_to?.toLowerCase() ?? null);
  }

  @Post(':id/read')
  @HttpCode(204)
  @ApiOperation({ summary: 'Mark a notification as read' })
  @ApiNoContentResponse()
  readNotification(@CurrentPrincipal() { userId }: Principal, @UuidParam('id', ID) id: string): Promise<void> {
    return this.notifications.read(userId, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a notification' })
  @ApiNoContentResponse()
  deleteNotification(@CurrentPrincipal() { userId }: Principal, @UuidParam('id', ID) id: string): Promise<void> {
    return this.notifications.delete(userId, id);
  }
}
