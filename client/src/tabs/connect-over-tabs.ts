import { OwnConnection } from './own-connection.js';
import type { Connect, Frames, TabConnection } from './tab-connection.js';
import { TabMember } from './tab-member.js';

/**
 * Connects once for all tabs of the browser that use the same name: one of them leads, has the connection, and passes on what
 * comes; when it goes, another one takes over where it was. Where a browser can't do that each tab has its own connection.
 * @param name tells apart the server, the user and the endpoint
 */
export function connectOverTabs<F extends Frames>(name: string, connect: Connect<F>): TabConnection {
  // Pages that came over plain HTTP have no locks, and old browsers lack more.
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  const isAble = typeof document !== 'undefined' && typeof BroadcastChannel !== 'undefined';
  return isAble && locks ? new TabMember(name, connect, locks) : new OwnConnection(connect);
}
