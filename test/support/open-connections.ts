import { Connections } from '../../src/realtime/connection/connections.js';
import type { Connection } from '../../src/realtime/connection/connection.js';
import type { Herald } from './herald.js';

/** The connections that a node still has open. */
export function openConnections({ app }: Herald): Connection[] {
  return [...app.get(Connections, { strict: false }).all()];
}
