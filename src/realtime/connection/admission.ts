import type { JsonObject } from '../broker/json.js';
import type { Channel } from '../broker/channel.js';

/** What a gateway grants a client that has passed its guards. */
export interface Admission {
  channel: Channel;
  endpoint: 'notifications' | 'events';
  /** Whether the client receives the organization's presence. */
  watchesPresence?: boolean;
  /** The gateway's own fields of `connection.established`. */
  welcome: JsonObject;
}
