import { Hub } from '../../src/realtime/connection/hub.js';
import type { Connection } from '../../src/realtime/connection/connection.js';
import type { Herald } from './herald.js';

/** The connections that a node still holds. */
export function openConnections({ app }: Herald): Connection[] {
  return [...app.get(Hub, { strict: false }).connections()];
}
