import { setTimeout as wait } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';

/** How Redis refuses a command. */
const REFUSAL = /^(NOPERM|ERR unknown command)/;
/** How long one shard of a cluster may keep others waiting. */
const SHARD_MS = 300;

/** Whether Redis does not permit or know a command. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && REFUSAL.test(error.message);
}

/** Calls back when a link to a master is lost (false), and when one is restored or replaced (true). */
export function watchLinks(commands: Redis | Cluster, listener: (isUp: boolean) => void): void {
  let hasStarted = commands.status === 'ready';
  const tell = (isUp: boolean): void => {
    if (hasStarted) listener(isUp);
  };
  if (commands instanceof Cluster) {
    for (const node of commands.nodes('all')) watchLink(node, tell);
    commands.on('+node', (node: Redis) => watchLink(node, tell));
  } else {
    watchLink(commands, tell);
  }
  // After the links' own events, of which the first are no change.
  commands.on('ready', () => (hasStarted = true));
}

/** Attempts to connect that fail are no change. */
function watchLink(connection: Redis, listener: (isUp: boolean) => void): void {
  let isUp = connection.status === 'ready';
  connection.on('close', () => {
    if (isUp) listener(false);
    isUp = false;
  });
  connection.on('ready', () => {
    listener(true);
    isUp = true;
  });
}

/** A shard that hangs must not keep others waiting. Rejects after a moment. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const patience = wait(SHARD_MS, undefined, { ref: false }).then(() => {
    throw new Error('Redis did not answer in time');
  });
  return Promise.race([answer, patience]);
}

/** What `INFO replication` says of the master, or of those masters of a cluster that answer in time. */
export async function mastersInfo(commands: Redis | Cluster): Promise<string[]> {
  if (!(commands instanceof Cluster)) return [await commands.info('replication')];
  const replies = await Promise.allSettled(commands.nodes('master').map((node) => inTime(node.info('replication'))));
  for (const reply of replies) {
    if (reply.status === 'rejected' && isRefusal(reply.reason)) throw reply.reason;
  }
  return replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
}
