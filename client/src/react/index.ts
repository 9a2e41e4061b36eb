export { HeraldProvider, type HeraldProviderProps } from './provider.js';
export { type FieldProblem, ProblemError } from './problem.js';
export { type Endpoint, type SharedConnection, useConnection, useConnectionState } from './use-connection.js';
export {
  type NotificationItem,
  type NotificationsActions,
  type NotificationsOptions,
  type NotificationsView,
  useNotification,
  useNotifications,
} from './use-notifications.js';
export { type OrgEvent, type OrgEventsOptions, type OrgEventsView, useOrgEvents } from './use-org-events.js';
export { type PresenceView, type PresentMember, usePresence } from './use-presence.js';
