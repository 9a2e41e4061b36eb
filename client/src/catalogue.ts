type Severity = 'info' | 'warning' | 'critical';

interface ResourceDeleted {
  resource_id: string;
  resource_name: string;
  org_id: string;
  timestamp: string;
}

interface ResourceChange extends ResourceDeleted {
  sensitivity: string;
}

/**
 * The server's own organization events, with the type of their `data`. An application adds its own by declaration merging:
 *
 * ```ts
 * declare module '@herald/client' {
 *   interface OrgEvents {
 *     'invoice.paid': { invoice_id: string; amount_cents: number };
 *   }
 * }
 * ```
 */
export interface OrgEvents {
  'resource.created': ResourceChange;
  'resource.updated': ResourceChange;
  'resource.deleted': ResourceDeleted;
  'member.joined': { user_id: string; user_email: string | null; org_id: string; role: string; timestamp: string };
  'member.left': { user_id: string; org_id: string; timestamp: string };
  'system.alert': { alert_type: string; message: string; severity: Severity; timestamp: string };
  'quota.warning': { quota: 'resources'; used: number; limit: number; percent: number; timestamp: string };
}

/** The notification types with known fields besides `title`, `body` and `timestamp`. Extended in the same way. */
export interface Notifications {
  'task.completed': { task_id: string; task_name: string; action_url: string };
  'task.failed': { task_id: string; task_name: string; error: string };
  'message.received': { message_id: string; org_id: string; from: string };
  'mention.received': { org_id: string; resource_id: string; comment_id: string; from: string; action_url: string };
  'system.alert': { alert_type: string; severity: Severity };
}
