import { IsString, IsUUID } from 'class-validator';
import { IsUserId } from '../auth/is-user-id.decorator.js';
import { defineNotification } from '../realtime/index.js';

/** Another member has mentioned the user in a comment. */
class MentionReceived {
  @IsUUID('loose')
  org_id: string;

  @IsUUID('loose')
  resource_id: string;

  @IsUUID('loose')
  comment_id: string;

  @IsUserId()
  from: string;

  @IsString()
  action_url: string;
}

declare module '../realtime/index.js' {
  interface Notifications {
    'mention.received': MentionReceived;
  }
}

defineNotification('mention.received', MentionReceived);
