import type { RedisSettings } from '../realtime/support/redis-connection.js';
import type { Variables } from './variables.js';

/** Null: the embedded broker and job queue. */
export function readRedis(variables: Variables): RedisSettings | null {
  const host = variables.host('REDIS_HOST');
  const port = variables.integer('REDIS_PORT', 6379, 1, 65_535);
  const nodes = variables.hostsAndPorts('REDIS_CLUSTER_NODES');
  const sentinels = variables.hostsAndPorts('REDIS_SENTINELS');
  const name = variables.text('REDIS_SENTINEL_NAME');
  const access = {
    username: variables.text('REDIS_USERNAME'),
    password: variables.text('REDIS_PASSWORD'),
    tls: variables.boolean('REDIS_TLS', false),
    db: variables.integer('REDIS_DB', 0, 0, 65_535),
  };
  const sentinelAccess = {
    sentinelUsername: variables.text('REDIS_SENTINEL_USERNAME'),
    sentinelPassword: variables.text('REDIS_SENTINEL_PASSWORD'),
  };
  const ways = [host, nodes, sentinels].filter((way) => way !== null).length;
  if (ways > 1) {
    variables.problem('REDIS_HOST, REDIS_CLUSTER_NODES, REDIS_SENTINELS: got more than one of them, takes one');
  }
  if ((sentinels === null) !== (name === null)) {
    variables.problem('REDIS_SENTINELS, REDIS_SENTINEL_NAME: got one without the other, takes both');
  }
  if (nodes !== null && access.db !== 0) {
    variables.problem(`REDIS_DB: got "${access.db}" with REDIS_CLUSTER_NODES, takes 0 (a cluster has one database)`);
  }
  if (host !== null) return { ...access, mode: 'single', host, port };
  if (nodes !== null) return { ...access, mode: 'cluster', nodes };
  if (sentinels !== null && name !== null) return { ...access, ...sentinelAccess, mode: 'sentinel', sentinels, name };
  return null;
}
