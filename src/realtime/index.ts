export { BroadcastService, type NotificationMessage, type NotificationReceipt } from './broadcast/broadcast.service.js';
export {
  DATA_CLASSES,
  type DataClass,
  defineNotification,
  defineOrgEvent,
  isCatalogueType,
  type Notifications,
  type OrgEvents,
} from './broadcast/catalogue.js';
export { SEVERITIES, type Severity } from './broadcast/catalogue-data.js';
export { Inbox, type NewNotification, type Stored } from './broadcast/inbox.js';
export { type BroadcastOptions } from './broadcast/publisher.js';
export { InvalidBroadcastError } from './broadcast/invalid-broadcast.error.js';
export type { JsonObject, JsonValue } from './broker/json.js';
export { Broker } from './broker/broker.js';
export {
  Channel,
  type ChannelKind,
  defineChannel,
  type IdCheck,
  isUuid,
  orgChannel,
  userChannel,
} from './broker/channel.js';
export { CLOSE, type Close, ConnectionRefusedError } from './connection/close-code.js';
export type { Admission } from './connection/admission.js';
export { GatewayRegistry, type GatewayRoute } from './gateway/gateway-registry.js';
export type { Handshake, RealtimeGateway } from './gateway/handshake.js';
export { RealtimeAdapter } from './upgrade/realtime-adapter.js';
export { WsJwtGuard } from './gateway/ws-jwt.guard.js';
export { Presence } from './presence/presence.js';
export { RealtimeModule } from './realtime.module.js';
