export { BroadcastService } from './broadcast/broadcast.service.js';
export type {
  NotificationOptions,
  NotificationsOptions,
  OrgEvent,
  UserNotification,
} from './broadcast/broadcast-options.js';
// `export *`, so that the declarations of features merge with these.
export * from './broadcast/catalogue.js';
export {
  type DataClass,
  definedEvents,
  definedNotifications,
  type EventDefinition,
  isReservedType,
} from './broadcast/data-classes.js';
export { checkEvent } from './broadcast/data-check.js';
export { Inbox, type NewNotification, type Stored, type UserType } from './broadcast/inbox.js';
export type { NotificationMessage } from './broadcast/notification.js';
export type { NotificationReceipt, Outcome } from './broadcast/notifier.js';
export { type BroadcastOptions } from './broadcast/publisher.js';
export { InvalidBroadcastError } from './broadcast/invalid-broadcast.error.js';
export type { JsonObject, JsonValue } from './broker/json.js';
export { Broker } from './broker/broker.js';
export { Channel, type ChannelKind, type IdCheck, isUuid, orgChannel, userChannel } from './broker/channel.js';
export { CLOSE, type Close, ConnectionRefusedError } from './connection/close-code.js';
export type { Admission } from './connection/admission.js';
export { GatewayRegistry, type GatewayRoute } from './gateway/gateway-registry.js';
export type { Handshake, RealtimeGateway } from './gateway/handshake.js';
export { RealtimeAdapter } from './upgrade/realtime-adapter.js';
export { WsJwtGuard } from './gateway/ws-jwt.guard.js';
export { Presence } from './presence/presence.js';
export { RealtimeModule } from './realtime.module.js';
export { ConnectionRegistry, type ConnectionRecord } from './cluster/connection-registry.js';
export type { Principal } from './connection/principal.js';
export type { RefusedToken, TokenVerifier, VerifiedToken } from './connection/token-verifier.js';
export { TICKET_SECONDS, TicketStore } from './gateway/ticket-store.js';
export {
  type ConnectionLimitPolicy,
  type ConnectionLimits,
  type RealtimeOptions,
  RealtimeSettings,
  type RedisOptions,
} from './settings.js';
export { InvalidInputError, UnavailableError } from './support/errors.js';
export { Lifecycle } from './support/lifecycle.js';
