import { Equals, IsIn, IsInt, IsRFC3339, IsString, IsUUID, Min, ValidateIf } from 'class-validator';
import { IsUserId } from '../../auth/is-user-id.decorator.js';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A resource was deleted. */
class ResourceDeleted {
  @IsUUID('loose')
  resource_id: string;

  @IsString()
  resource_name: string;

  @IsUUID('loose')
  org_id: string;

  @IsRFC3339()
  timestamp: string;
}

/** A resource was created or changed; the fields are its new state. */
class ResourceChange extends ResourceDeleted {
  @IsString()
  sensitivity: string;
}

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

/** An operator's message to one organization. */
class OrgAlert {
  @IsString()
  alert_type: string;

  @IsString()
  message: string;

  @IsIn(SEVERITIES)
  severity: Severity;

  @IsRFC3339()
  timestamp: string;
}

/** An organization is close to its resource quota, or has reached it. */
class QuotaWarning {
  @Equals('resources')
  quota: 'resources';

  @IsInt()
  @Min(0)
  used: number;

  @IsInt()
  @Min(0)
  limit: number;

  @IsInt()
  @Min(0)
  percent: number;

  @IsRFC3339()
  timestamp: string;
}

/** A task of the user has succeeded. */
class TaskCompleted {
  @IsUUID('loose')
  task_id: string;

  @IsString()
  task_name: string;

  /** Where to get the result. */
  @IsString()
  action_url: string;
}

/** A task of the user has failed. */
class TaskFailed {
  @IsUUID('loose')
  task_id: string;

  @IsString()
  task_name: string;

  /** A sentence for the user. */
  @IsString()
  error: string;
}

/** Another member has written to the user. */
class MessageReceived {
  @IsUUID('loose')
  message_id: string;

  @IsUUID('loose')
  org_id: string;

  @IsUserId()
  from: string;
}

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

/** An operator's message to everyone online; its text is in `title` and `body`. */
class UserAlert {
  @IsString()
  alert_type: string;

  @IsIn(SEVERITIES)
  severity: Severity;
}

/** The backend's own organization events, with the class of their `data`. */
export const ORG_EVENTS = {
  'resource.created': ResourceChange,
  'resource.updated': ResourceChange,
  'resource.deleted': ResourceDeleted,
  'member.joined': MemberJoined,
  'member.left': MemberLeft,
  'system.alert': OrgAlert,
  'quota.warning': QuotaWarning,
} as const;

/** The backend's own notifications, with the class of their fields besides `title`, `body` and `timestamp`. */
export const NOTIFICATIONS = {
  'task.completed': TaskCompleted,
  'task.failed': TaskFailed,
  'message.received': MessageReceived,
  'mention.received': MentionReceived,
  'system.alert': UserAlert,
} as const;
