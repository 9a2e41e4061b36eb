import type { IncomingMessage } from 'node:http';
import { Registry } from 'prom-client';
import type { Inbox } from './broadcast/inbox.js';
import type { TokenVerifier } from './connection/token-verifier.js';
import { type OriginPattern, parseOriginPattern } from './support/origin.js';
import type { RedisSettings } from './support/redis-connection.js';
import { REALTIME_TIMINGS, type RealtimeTimings } from './support/timings.js';

/** Which connection to close when a user has too many: the new one, or the oldest. */
export type ConnectionLimitPolicy = 'reject' | 'oldest';

/** What one connection, user, address and process may use. */
export interface ConnectionLimits {
  /** Of an inbound frame. */
  maxPayloadBytes: number;
  /** Of this process. 0: no limit. */
  maxConnections: number;
  /** On this process. 0: no limit. */
  maxConnectionsPerUser: number;
  connectionLimitPolicy: ConnectionLimitPolicy;
  /** On this process; an IPv6 /64 network counts as one address. 0: no limit. */
  maxConnectionsPerAddress: number;
  /** Inbound frames of one connection. */
  rateLimitPerSecond: number;
  rateLimitBurst: number;
  /** Bytes that a connection may owe before it is closed with 4008. */
  maxBufferedBytes: number;
  heartbeatIntervalMs: number;
}

interface HostAndPort {
  host: string;
  port: number;
}

/** Where Redis is: one server, a cluster, or the master that Sentinel names. */
export type RedisOptions = {
  username?: string | null;
  password?: string | null;
  tls?: boolean;
  /** Also part of every key and channel name. */
  db?: number;
} & (
  | { host: string; port?: number }
  | { nodes: HostAndPort[] }
  | { sentinels: HostAndPort[]; name: string; sentinelUsername?: string | null; sentinelPassword?: string | null }
);

/** The options of `RealtimeModule.forRoot`. Only `tokenVerifier` is required. */
export interface RealtimeOptions {
  /** Whose tokens are accepted. */
  tokenVerifier: TokenVerifier;
  /** Carries messages between processes. Null or missing: everything is in memory, for one process. */
  redis?: RedisOptions | null;
  /** What clients can resume, for each channel: the last messages, and for how long. Default: 256 and 3,600. Size 0: none. */
  history?: { size: number; ttlSeconds: number };
  /** Defaults: those of Herald's `WS_…` variables. */
  limits?: Partial<ConnectionLimits>;
  /**
   * Whose pages may connect: `[scheme://]host[:port]`, `*.example.com` for subdomains. Default: none. Programs that send
   * no `Origin` always may.
   */
  allowedOrigins?: readonly (string | OriginPattern)[];
  /** How many proxies to trust for the client's address. Default: 0. */
  trustProxy?: number;
  /** How long a stopping process may take to close its connections. Default: 10,000. */
  shutdownGraceMs?: number;
  /** Stores notifications. Null or missing: notifications are ephemeral. */
  inbox?: Inbox | null;
  /** Where the engine's metrics are registered. Default: a registry of its own. */
  metrics?: Registry;
  /**
   * Whose request this is, as your guards know it: with the header `X-Connection-Id`, that connection of the user is
   * spared the request's own events. Missing: the header has no effect.
   */
  userIdOf?: (request: IncomingMessage) => string | null;
  /** Whether data is checked against the class of its type. Default: unless `NODE_ENV=production`. */
  checksData?: boolean;
  timings?: Partial<RealtimeTimings>;
}

const LIMITS: ConnectionLimits = {
  maxPayloadBytes: 16_384,
  maxConnections: 0,
  maxConnectionsPerUser: 20,
  connectionLimitPolicy: 'reject',
  maxConnectionsPerAddress: 0,
  rateLimitPerSecond: 10,
  rateLimitBurst: 50,
  maxBufferedBytes: 1_048_576,
  heartbeatIntervalMs: 25_000,
};

/** The module's options, completed with their defaults. The class is its own injection token. */
export class RealtimeSettings {
  readonly tokenVerifier: TokenVerifier;
  readonly redis: RedisSettings | null;
  readonly history: { size: number; ttlSeconds: number };
  readonly limits: ConnectionLimits;
  readonly allowedOrigins: readonly OriginPattern[];
  readonly trustProxy: number;
  readonly shutdownGraceMs: number;
  readonly inbox: Inbox | null;
  readonly metrics: Registry;
  readonly userIdOf: (request: IncomingMessage) => string | null;
  readonly checksData: boolean;
  readonly timings: RealtimeTimings;

  /** @throws {TypeError} naming the option that is not valid */
  constructor(options: RealtimeOptions) {
    if (typeof (options.tokenVerifier as Partial<TokenVerifier> | undefined)?.verify !== 'function') {
      throw new TypeError('RealtimeModule: tokenVerifier takes an object with a method verify(token)');
    }
    this.tokenVerifier = options.tokenVerifier;
    this.redis = options.redis == null ? null : redisSettings(options.redis);
    this.history = options.history ?? { size: 256, ttlSeconds: 3_600 };
    this.limits = { ...LIMITS, ...given(options.limits) };
    this.allowedOrigins = (options.allowedOrigins ?? []).map(originPattern);
    this.trustProxy = options.trustProxy ?? 0;
    this.shutdownGraceMs = options.shutdownGraceMs ?? 10_000;
    this.inbox = options.inbox ?? null;
    this.metrics = options.metrics ?? new Registry();
    this.userIdOf = options.userIdOf ?? (() => null);
    // eslint-disable-next-line no-restricted-syntax -- the convention that every host knows; an option overrides it
    this.checksData = options.checksData ?? process.env.NODE_ENV !== 'production';
    this.timings = { ...REALTIME_TIMINGS, ...given(options.timings) };
  }
}

/** Without the fields that are undefined, which mean the default. */
function given<T extends object>(fields: T | undefined): Partial<T> {
  // `Object.fromEntries` loses the type.
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function redisSettings(options: RedisOptions): RedisSettings {
  const { username = null, password = null, tls = false, db = 0 } = options;
  const access = { username, password, tls, db };
  if ('nodes' in options) return { ...access, mode: 'cluster', nodes: options.nodes };
  if ('host' in options) return { ...access, mode: 'single', host: options.host, port: options.port ?? 6_379 };
  const { sentinels, name, sentinelUsername = null, sentinelPassword = null } = options;
  return { ...access, mode: 'sentinel', sentinels, name, sentinelUsername, sentinelPassword };
}

function originPattern(origin: string | OriginPattern): OriginPattern {
  const pattern = typeof origin === 'string' ? parseOriginPattern(origin) : origin;
  if (pattern !== null) return pattern;
  throw new TypeError(
    `RealtimeModule: allowedOrigins takes [scheme://]host[:port] or *.host, got ${JSON.stringify(origin)}`,
  );
}
