import type { JsonObject } from '../broker/json.js';
import type { Channel } from '../broker/channel.js';

/** What a gateway gives a client that its guards let in. */
export interface Admission {
  channel: Channel;
  endpoint: 'notifications' | 'events';
  /** Whether the client wants to be told who joins and leaves the organization. */
  watchesPresence?: boolean;
  /** The gateway's own fields of `connection.established`. */
  welcome: JsonObject;
}
