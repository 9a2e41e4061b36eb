import type { Broker } from '../broker/broker.js';
import type { Connection } from './connection.js';
import type { Hub } from './hub.js';

/**
 * Puts a connection into its channel so that no message is lost or doubled at the seam. From its entry into the hub on, the
 * connection holds live frames back; the position is read only when the subscription is confirmed, so each message is
 * either before the position (and not this client's) or among what was held.
 *
 * @throws {UnavailableError} if the broker is down
 */
export async function join(connection: Connection, isResuming: boolean, hub: Hub, broker: Broker): Promise<void> {
  await hub.add(connection);
  const position = await broker.position(connection.admission.channel);
  connection.welcome(position, isResuming);
}
