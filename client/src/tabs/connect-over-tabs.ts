import { OwnConnection } from './own-connection.js';
import type { Connect, Frames, TabConnection } from './tab-connection.js';
import { TabMember } from './tab-member.js';

/**
 * Shares one connection between all tabs of the browser with the same name: the leading tab holds it and passes on what it
 * receives. When that tab goes, another one takes over from its cursor. Browsers without the APIs get a connection per tab.
 * @param name identifies the server, the user and the endpoint
 */
export function connectOverTabs<F extends Frames>(name: string, connect: Connect<F>): TabConnection {
  // Pages served over plain HTTP have no Web Locks; old browsers lack more.
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  const isAble = typeof document !== 'undefined' && typeof BroadcastChannel !== 'undefined';
  return isAble && locks ? new TabMember(name, connect, locks) : new OwnConnection(connect);
}
