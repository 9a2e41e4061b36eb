import { IsUUID } from 'class-validator';
import { IsUserId } from '../auth/is-user-id.decorator.js';
import { defineNotification } from '../realtime/index.js';

/** Another member has written to the user. */
class MessageReceived {
  @IsUUID('loose')
  message_id: string;

  @IsUUID('loose')
  org_id: string;

  @IsUserId()
  from: string;
}

declare module '../realtime/index.js' {
  interface Notifications {
    'message.received': MessageReceived;
  }
}

defineNotification('message.received', MessageReceived);
