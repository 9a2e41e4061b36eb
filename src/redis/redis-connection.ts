import { isIP } from 'node:net';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from '../config/environment.js';

export interface ConnectionOptions extends Pick<
  RedisOptions,
  | 'enableOfflineQueue'
  | 'autoResendUnfulfilledCommands'
  | 'autoResubscribe'
  | 'maxRetriesPerRequest'
  | 'commandTimeout'
  | 'socketTimeout'
  | 'connectionName'
> {
  /** Without a listener an error of a connection would end the process. */
  onError: (error: Error) => void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RECONNECT_DELAY_MS = 1_000;

/**
 * Opens a connection to the configured Redis: a single server, the master that Sentinel names, or a cluster (whose
 * sharded pub/sub is then used). It reconnects for ever; the caller ends it by `disconnect`.
 */
export function connectRedis(settings: RedisSettings, { onError, ...options }: ConnectionOptions): Redis | Cluster {
  const common: RedisOptions = {
    ...options,
    username: settings.username ?? undefined,
    password: settings.password ?? undefined,
    tls: settings.tls ? {} : undefined,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: CONNECT_TIMEOUT_MS,
    retryStrategy: reconnectDelay,
    // A master that was made a replica: behind the same name or address there is another one by now.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  };
  const connection = open(settings, common);
  connection.on('error', onError);
  return connection;
}

/** Waits for a connection to become usable, through failed attempts; false if it took too long. */
export function becomesReady(connection: Redis | Cluster, timeoutMs: number): Promise<boolean> {
  if (connection.status === 'ready') return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (isReady: boolean): void => {
      clearTimeout(timer);
      connection.off('ready', onReady);
      resolve(isReady);
    };
    const onReady = (): void => settle(true);
    const timer = setTimeout(() => settle(false), timeoutMs);
    connection.once('ready', onReady);
  });
}

function open(settings: RedisSettings, common: RedisOptions): Redis | Cluster {
  switch (settings.mode) {
    case 'single':
      return new Redis({
        ...common,
        host: settings.host,
        port: settings.port,
        db: settings.db,
        // Names the host to proxies that serve several, which an address can't.
        tls: settings.tls && isIP(settings.host) === 0 ? { servername: settings.host } : common.tls,
      });
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: settings.sentinels,
        name: settings.name,
        db: settings.db,
        sentinelUsername: settings.sentinelUsername ?? undefined,
        sentinelPassword: settings.sentinelPassword ?? undefined,
        // Neither link follows `tls`: not the one to the sentinels, and not the one to the master that they name.
        sentinelTLS: common.tls,
        enableTLSForSentinelMode: settings.tls,
        // One that hangs must not keep us from asking the next.
        sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
        sentinelRetryStrategy: reconnectDelay,
      });
    case 'cluster':
      return new Cluster(settings.nodes, {
        shardedSubscribers: true,
        enableOfflineQueue: common.enableOfflineQueue,
        // Certificates name hosts, so under TLS the nodes are not looked up before they are connected to.
        dnsLookup: settings.tls ? (address, done) => done(null, address) : undefined,
        clusterRetryStrategy: reconnectDelay,
        redisOptions: common,
      });
  }
}

/** Quick at first, so that a restarted Redis is found within moments; then once a second, with chance against stampedes. */
function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 5), LONGEST_RECONNECT_DELAY_MS) * (0.5 + Math.random() / 2);
}
