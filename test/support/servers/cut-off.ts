import type { Redis } from 'ioredis';
import type { Server } from './server.js';

/** Resolves when a master's replica has all that the master has confirmed. */
export async function replicated(master: Redis): Promise<void> {
  // Waits for what this connection has written, and so for all before it.
  await master.set('replicated', '1');
  await master.wait(1, 0);
}

/**
 * Keeps a replica from following its master, from now on: it logs in as nobody. Its link begins anew, so that Sentinel
 * doesn't find it has been cut for too long to take over.
 */
export async function cutOff(replica: Redis, { host, port }: Pick<Server, 'host' | 'port'>): Promise<void> {
  await replica.config('SET', 'masteruser', 'nobody');
  await replica.config('SET', 'masterauth', 'wrong');
  await replica.multi().replicaof('NO', 'ONE').replicaof(host, port).exec();
}

/** Does the same in a cluster, where a replica can't be told to follow another master. */
export async function loseMaster(replica: Redis): Promise<void> {
  await replica.config('SET', 'masteruser', 'nobody');
  await replica.config('SET', 'masterauth', 'wrong');
  await replica.call('CLIENT', 'KILL', 'TYPE', 'master');
}
