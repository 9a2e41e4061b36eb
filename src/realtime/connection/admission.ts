import type { Principal } from '../../auth/principal.js';
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

/** The client, as established by the handshake. */
export interface Peer {
  readonly principal: Principal;
  readonly remoteAddress: string;
  /** When the user's membership began, by the database's clock; null: the channel needs none. */
  readonly memberSince: Date | null;
}
