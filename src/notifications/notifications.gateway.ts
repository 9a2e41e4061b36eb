import { UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { type Admission, type Handshake, type RealtimeGateway, WsJwtGuard, userChannel } from '../realtime/index.js';
import { UsersService } from '../users/users.service.js';

/** A user's own live notifications. */
@UseGuards(WsJwtGuard)
@WebSocketGateway({ path: '/ws/notifications' })
export class NotificationsGateway implements RealtimeGateway {
  constructor(private readonly users: UsersService) {}

  admit({ principal }: Handshake): Admission {
    void this.users.remember(principal);
    const channel = userChannel.of(principal.userId);
    return { channel, announcements: true, welcome: { message: 'Connected to notifications' } };
  }
}
