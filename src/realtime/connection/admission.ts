import type { Principal } from './principal.js';
import type { JsonObject } from '../broker/json.js';
import type { Channel } from '../broker/channel.js';

/** What a gateway grants a client that has passed its guards. */
export interface Admission {
  /** The channel that the client receives and resumes. */
  channel: Channel;
  /** More channels. Their messages arrive live only: they have no place in the cursor, so they are not resumed. */
  alsoReceives?: readonly Channel[];
  /** Whether the client receives what `broadcastToEveryone` sends. */
  announcements?: boolean;
  /** Whether the client receives the organization's presence. */
  watchesPresence?: boolean;
  /** The gateway's own fields of `connection.established`, besides a `message` of its own. */
  welcome?: JsonObject;
}

/** An admission with the gateway that granted it. */
export interface Admitted extends Admission {
  /** The gateway's name: the words of its path after `/ws/`, without parameters. */
  endpoint: string;
}

/** The client, as established by the handshake. */
export interface Peer {
  readonly principal: Principal;
  readonly remoteAddress: string;
  /** When the user's membership began, by the database's clock; null: the channel needs none. */
  readonly memberSince: Date | null;
}

/** Every channel that the admission opens. */
export function channelsOf({ channel, alsoReceives = [] }: Admission): Channel[] {
  return [channel, ...alsoReceives];
}
