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

/** A resource was created or changed, and is now like this. */
class ResourceChange extends ResourceDeleted {
  @IsString()
  sensitivity: string;
}

/** Somebody is no longer a member. */
class MemberLeft {
  @IsUserId()
  user_id: string;

  @IsUUID('loose')
  org_id: string;

  @IsRFC3339()
  timestamp: string;
}

/** Somebody has become a member. */
class MemberJoined extends MemberLeft {
  /** Null: the user was never here, or the token told none. */
  @ValidateIf((_, email) => email !== null)
  @IsString()
  user_email: string | null;

  @IsString()
  role: string;
}

/** Those who operate the system have something to say to an organization. */
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

/** An organization nears the number of resources that it may hold, or is there. */
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

/** A task of the user's is done. */
class TaskCompleted {
  @IsUUID('loose')
  task_id: string;

  @IsString()
  task_name: string;

  /** Where its result is. */
  @IsString()
  action_url: string;
}

/** A task of the user's is over without a result. */
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

/** Those who operate the system have something to say to everyone: in `title` and `body`. */
class UserAlert {
  @IsString()
  alert_type: string;

  @IsIn(SEVERITIES)
  severity: Severity;
}

/** The organization events of the backend itself, and what their `data` is. */
export const ORG_EVENTS = {
  'resource.created': ResourceChange,
  'resource.updated': ResourceChange,
  'resource.deleted': ResourceDeleted,
  'member.joined': MemberJoined,
  'member.left': MemberLeft,
  'system.alert': OrgAlert,
  'quota.warning': QuotaWarning,
} as const;

/** The notifications of the backend itself, and what comes with each besides `title`, `body` and `timestamp`. */
export const NOTIFICATIONS = {
  'task.completed': TaskCompleted,
  'task.failed': TaskFailed,
  'message.received': MessageReceived,
  'mention.received': MentionReceived,
  'system.alert': UserAlert,
} as const;
