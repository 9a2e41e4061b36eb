/**
 * The types of the catalogue and what comes with each. An application adds its own by declaration merging:
 *
 * ```ts
 * declare module './realtime/broadcast/catalogue.js' {
 *   interface OrgEvents {
 *     'invoice.paid': { invoice_id: string; amount_cents: number };
 *   }
 * }
 * ```
 */
export interface OrgEvents {
  'resource.created': ResourceChange;
  'resource.updated': ResourceChange;
  'resource.deleted': Omit<ResourceChange, 'sensitivity'>;
  'member.joined': { user_id: string; user_email: string | null; org_id: string; role: string; timestamp: string };
  'member.left': { user_id: string; org_id: string; timestamp: string };
  'system.alert': { alert_type: string; message: string; severity: 'info' | 'warning' | 'critical'; timestamp: string };
  'quota.warning': { quota: 'resources'; used: number; limit: number; percent: number; timestamp: string };
}

interface ResourceChange {
  resource_id: string;
  resource_name: string;
  org_id: string;
  sensitivity: string;
  timestamp: string;
}

/** What comes with a notification of each type, besides `title`, `body` and `timestamp`. */
export interface Notifications {
  'task.completed': { task_id: string; task_name: string; action_url: string };
  'task.failed': { task_id: string; task_name: string; error: string };
  'message.received': { message_id: string; org_id: string; from: string };
  'mention.received': { org_id: string; resource_id: string; comment_id: string; from: string; action_url: string };
  'system.alert': { alert_type: string; severity: 'info' | 'warning' | 'critical' };
}

const CATALOGUE: ReadonlySet<string> = new Set<keyof OrgEvents | keyof Notifications>([
  'resource.created',
  'resource.updated',
  'resource.deleted',
  'member.joined',
  'member.left',
  'system.alert',
  'quota.warning',
  'task.completed',
  'task.failed',
  'message.received',
  'mention.received',
]);

/** Whether a type is one that the backend itself emits. Nobody else may publish under its name. */
export function isCatalogueType(type: string): boolean {
  return CATALOGUE.has(type);
}

const EVENT_TYPE = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;
const EVENT_TYPE_LENGTH = 100;

/** Whether a text is of the form `word.word`: lower-case letters, digits and underscores. */
export function isEventType(text: string): boolean {
  return text.length <= EVENT_TYPE_LENGTH && EVENT_TYPE.test(text);
}
