import { IsRFC3339, IsString, IsUUID, ValidateIf } from 'class-validator';
import { IsUserId } from '../auth/is-user-id.decorator.js';
import { defineOrgEvent } from '../realtime/index.js';

/** A membership has ended. */
class MemberLeft {
  @IsUserId()
  user_id: string;

  @IsUUID('loose')
  org_id: string;

  @IsRFC3339()
  timestamp: string;
}

/** A user has become a member. */
class MemberJoined extends MemberLeft {
  /** Null if the user has never signed in, or the token had no email. */
  @ValidateIf((_, email) => email !== null)
  @IsString()
  user_email: string | null;

  @IsString()
  role: string;
}

declare module '../realtime/index.js' {
  interface OrgEvents {
    'member.joined': MemberJoined;
    'member.left': MemberLeft;
  }
}

defineOrgEvent('member.joined', MemberJoined);
defineOrgEvent('member.left', MemberLeft);
