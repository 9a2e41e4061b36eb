import { isIP } from 'node:net';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** Where Redis is, and how to log in. */
export type RedisSettings = {
  username: string | null;
  password: string | null;
  tls: boolean;
  /** Also part of every key and channel name, as pub/sub ignores databases. */
  db: number;
} & (
  | { mode: 'single'; host: string; port: number }
  | { mode: 'cluster'; nodes: { host: string; port: number }[] }
  | {
      mode: 'sentinel';
      sentinels: { host: string; port: number }[];
      name: string;
      /** The login for the sentinels, which don't know the master's users. */
      sentinelUsername: string | null;
      sentinelPassword: string | null;
    }
);

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
  /** Required, as a connection error without a listener would end the process. */
  onError: (error: Error) => void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RECONNECT_DELAY_MS = 1_000;

/**
 * Opens a connection to the configured Redis: a single server, the master that Sentinel names, or a cluster (whose
 * sharded pub/sub is then used). It keeps reconnecting until the caller calls `disconnect`.
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
    // The master became a replica: reconnecting finds the new master.
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
        // SNI, for proxies that serve several hosts; not possible for an address.
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
        // In Sentinel mode ioredis ignores `tls`, both for the sentinels and for the master.
        sentinelTLS: common.tls,
        enableTLSForSentinelMode: settings.tls,
        // A sentinel that hangs must not keep us from asking the next one.
        sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
        sentinelRetryStrategy: reconnectDelay,
      });
    case 'cluster':
      return new Cluster(settings.nodes, {
        shardedSubscribers: true,
        enableOfflineQueue: common.enableOfflineQueue,
        // Certificates name hosts, so with TLS don't resolve host names before connecting.
        dnsLookup: settings.tls ? (address, done) => done(null, address) : undefined,
        clusterRetryStrategy: reconnectDelay,
        redisOptions: common,
      });
  }
}

/** Short at first, so that a restarted Redis is found quickly; then up to a second, with jitter against stampedes. */
function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 5), LONGEST_RECONNECT_DELAY_MS) * (0.5 + Math.random() / 2);
}
