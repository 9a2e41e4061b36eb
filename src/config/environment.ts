import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInternalHost } from './internal-host.js';
import { readRedis } from './redis-settings.js';
import type { ConnectionLimits } from '../realtime/index.js';
import { type OriginPattern, parseOriginPattern } from '../realtime/support/origin.js';
import type { RedisSettings } from '../realtime/support/redis-connection.js';
import { TIMINGS, type Timings } from './timings.js';
import { EnvironmentError, Variables } from './variables.js';

export { EnvironmentError, TIMINGS, type Timings };

/** Whose tokens are accepted. */
export interface AuthSettings {
  /** Null: the built-in development issuer signs and verifies. */
  jwksUrl: string | null;
  issuer: string | null;
  /** Null: any audience. */
  audience: string | null;
}

/** The Postgres server. */
export interface DatabaseSettings {
  url: string;
  /** Maximum number of connections. */
  poolSize: number;
  statementTimeoutMs: number;
}

/** The settings from the environment, validated. The class is its own injection token. */
export class Environment {
  readonly mode: 'development' | 'production' | 'test';
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly exportsDir: string;
  /** Null: the embedded broker and job queue. */
  readonly redis: RedisSettings | null;
  /** Null: the embedded Postgres in `dataDir`. */
  readonly database: DatabaseSettings | null;
  readonly auth: AuthSettings;
  /** The console's client id at the identity provider. */
  readonly consoleClientId: string;
  readonly allowedOrigins: readonly OriginPattern[];
  /** How many proxies to trust for the client's address. */
  readonly trustProxy: number;
  /** REST requests of a user, or without a token of an address. 0: no limit. */
  readonly httpRateLimitPerMinute: number;
  /** Limit for a request's line and headers together. */
  readonly httpMaxHeaderBytes: number;
  readonly ws: ConnectionLimits;
  /** How far back clients can resume, for each channel. */
  readonly history: { size: number; ttlSeconds: number };
  /** How long the inbox keeps a notification. */
  readonly notificationRetentionDays: number;
  /** How many resources an organization may hold. */
  readonly orgResourceQuota: number;
  readonly runJobs: boolean;
  readonly runMigrations: boolean;
  readonly shutdownGraceMs: number;
  /** How many processes share the port. */
  readonly webConcurrency: number;
  readonly log: { level: string; format: 'pretty' | 'json' };
  readonly timings: Timings;

  /**
   * @param source the variables, by default those of the process
   * @throws {EnvironmentError} naming every variable that is wrong
   */
  constructor(source: Readonly<Record<string, string | undefined>> = process.env, timings: Partial<Timings> = {}) {
    this.timings = { ...TIMINGS, ...timings };
    const variables = new Variables(source);
    this.mode = variables.choice('NODE_ENV', ['development', 'production', 'test'], 'development');
    this.host = variables.host('HOST') ?? '0.0.0.0';
    this.port = variables.integer('PORT', 8000, 0, 65_535);
    this.dataDir = variables.text('DATA_DIR') ?? '.data';
    this.exportsDir = variables.text('EXPORTS_DIR') ?? join(this.dataDir, 'exports');
    this.redis = readRedis(variables);
    this.database = readDatabase(variables);
    this.auth = readAuth(variables);
    this.consoleClientId = variables.text('CONSOLE_CLIENT_ID') ?? 'herald-console';
    this.allowedOrigins = variables.origins('ALLOWED_ORIGINS') ?? (this.isProduction ? [] : localOrigins(this.port));
    this.trustProxy = variables.integer('TRUST_PROXY', 0, 0, 100);
    this.httpRateLimitPerMinute = variables.integer('HTTP_RATE_LIMIT_PER_MINUTE', 600, 0, 1_000_000);
    this.httpMaxHeaderBytes = variables.integer('HTTP_MAX_HEADER_BYTES', 32_768, 8_192, 1_048_576);
    this.ws = readWebSocket(variables);
    this.history = {
      size: variables.integer('HISTORY_SIZE', 256, 0, 100_000),
      ttlSeconds: variables.integer('HISTORY_TTL_SECONDS', 3_600, 1, 2_592_000),
    };
    this.notificationRetentionDays = variables.integer('NOTIFICATION_RETENTION_DAYS', 90, 1, 36_500);
    this.orgResourceQuota = variables.integer('ORG_RESOURCE_QUOTA', 1_000, 1, 10_000_000);
    this.runJobs = variables.boolean('RUN_JOBS', true);
    this.runMigrations = variables.boolean('RUN_MIGRATIONS', true);
    this.shutdownGraceMs = variables.integer('SHUTDOWN_GRACE_MS', 10_000, 0, 600_000);
    this.webConcurrency = variables.integer('WEB_CONCURRENCY', 1, 1, 256);
    this.log = {
      level: variables.choice('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
      format: variables.choice('LOG_FORMAT', ['pretty', 'json'], process.stdout.isTTY ? 'pretty' : 'json'),
    };
    this.refuseSeveralProcessesOnEmbeddedDefaults(variables);
    if (this.isProduction) {
      this.refuseEmbeddedDefaults(variables);
      this.refuseProvidersInTheOpen(variables);
    }
    if (variables.problems.length > 0) throw new EnvironmentError(variables.problems);
  }

  get isProduction(): boolean {
    return this.mode === 'production';
  }

  /** Each process would have its own embedded database and broker, and so miss the others' data. */
  private refuseSeveralProcessesOnEmbeddedDefaults(variables: Variables): void {
    if (this.webConcurrency === 1) return;
    const missing = [
      ...(this.database === null && !variables.isSet('DATABASE_URL') ? ['DATABASE_URL'] : []),
      ...(this.redis === null ? ['REDIS_HOST (or REDIS_CLUSTER_NODES, or REDIS_SENTINELS)'] : []),
    ];
    if (missing.length === 0) return;
    variables.problem(
      `WEB_CONCURRENCY: got "${this.webConcurrency}" without ${missing.join(' and ')}, takes 1 on embedded defaults, which ` +
        'work for one process only',
    );
  }

  private refuseEmbeddedDefaults(variables: Variables): void {
    const because = 'is required when NODE_ENV=production, where no embedded default is used';
    if (this.database === null && !variables.isSet('DATABASE_URL')) {
      variables.problem(`DATABASE_URL: got nothing, takes postgres://…; it ${because}`);
    }
    if (this.redis === null) {
      variables.problem(`REDIS_HOST (or REDIS_CLUSTER_NODES, or REDIS_SENTINELS): got nothing; it ${because}`);
    }
    if (this.auth.jwksUrl === null) {
      variables.problem(`KEYCLOAK_URL with KEYCLOAK_REALM, or KEYCLOAK_JWKS_URL: got nothing; it ${because}`);
    }
    if (!variables.isSet('JWT_AUDIENCE')) {
      variables.problem(
        'JWT_AUDIENCE: got nothing, takes the audience that tokens for this API name, or "any" to accept every ' +
          'audience; it is required when NODE_ENV=production',
      );
    }
  }

  /**
   * An attacker who can change the keys in transit can be anyone, and an issuer without TLS leaks tokens. Allowed inside a private
   * network, as TLS often ends at its border.
   */
  private refuseProvidersInTheOpen(variables: Variables): void {
    const { jwksUrl, issuer } = this.auth;
    // A map, as both can come from the same variable, which is then reported once.
    const urls = new Map([
      [variables.isSet('KEYCLOAK_JWKS_URL') ? 'KEYCLOAK_JWKS_URL' : 'KEYCLOAK_URL', jwksUrl],
      [variables.isSet('JWT_ISSUER') ? 'JWT_ISSUER' : 'KEYCLOAK_URL', issuer],
    ]);
    for (const [name, url] of urls) {
      if (url === null || URL.parse(url)?.protocol !== 'http:' || isInternalHost(url)) continue;
      const wanted =
        'https:// when NODE_ENV=production; http:// only to localhost, a private address, or a name without a dot or ' +
        'under .internal, .local or .svc';
      variables.refuse(name, variables.text(name) ?? '', wanted, null);
    }
  }
}

/** Loads `.env` from the working directory, if there is one. Variables of the process itself take precedence. */
export function loadEnvironmentFile(path = '.env'): void {
  if (existsSync(path)) process.loadEnvFile(path);
}

/**
 * Whether everything the process writes must be JSON, even before its variables are checked. True only if `LOG_FORMAT` is set: by
 * default only the log is JSON outside of a terminal, and the rest is for people.
 */
export function wantsJsonLines(): boolean {
  return process.env.LOG_FORMAT === 'json';
}

function readDatabase(variables: Variables): DatabaseSettings | null {
  const url = variables.databaseUrl('DATABASE_URL');
  const poolSize = variables.integer('DATABASE_POOL_SIZE', 10, 1, 1_000);
  const statementTimeoutMs = variables.integer('DATABASE_STATEMENT_TIMEOUT_MS', 15_000, 100, 3_600_000);
  return url === null ? null : { url, poolSize, statementTimeoutMs };
}

function readAuth(variables: Variables): AuthSettings {
  const url = variables.url('KEYCLOAK_URL')?.replace(/\/+$/, '') ?? null;
  const realm = variables.text('KEYCLOAK_REALM');
  if (variables.isSet('KEYCLOAK_URL') !== (realm !== null)) {
    variables.problem('KEYCLOAK_URL, KEYCLOAK_REALM: got one without the other, takes both');
  }
  const realmUrl = url !== null && realm !== null ? `${url}/realms/${encodeURIComponent(realm)}` : null;
  const jwksUrl = variables.url('KEYCLOAK_JWKS_URL');
  const audience = variables.text('JWT_AUDIENCE');
  return {
    jwksUrl: jwksUrl ?? (realmUrl === null ? null : `${realmUrl}/protocol/openid-connect/certs`),
    issuer: variables.text('JWT_ISSUER') ?? realmUrl,
    audience: audience === 'any' ? null : audience,
  };
}

function readWebSocket(variables: Variables): ConnectionLimits {
  return {
    maxPayloadBytes: variables.integer('WS_MAX_PAYLOAD_BYTES', 16_384, 128, 16_777_216),
    maxConnections: variables.integer('WS_MAX_CONNECTIONS', 0, 0, 10_000_000),
    maxConnectionsPerUser: variables.integer('WS_MAX_CONNECTIONS_PER_USER', 20, 0, 1_000_000),
    connectionLimitPolicy: variables.choice('WS_CONNECTION_LIMIT_POLICY', ['reject', 'oldest'], 'reject'),
    maxConnectionsPerAddress: variables.integer('WS_MAX_CONNECTIONS_PER_IP', 0, 0, 1_000_000),
    rateLimitPerSecond: variables.integer('WS_RATE_LIMIT_PER_SECOND', 10, 1, 1_000_000),
    rateLimitBurst: variables.integer('WS_RATE_LIMIT_BURST', 50, 1, 1_000_000),
    maxBufferedBytes: variables.integer('WS_MAX_BUFFERED_BYTES', 1_048_576, 1_024, 1_073_741_824),
    heartbeatIntervalMs: variables.integer('WS_HEARTBEAT_INTERVAL_MS', 25_000, 10, 3_600_000),
  };
}

/** The server's own pages, and the usual ports of front-end development servers (Vite, Next). */
function localOrigins(port: number): OriginPattern[] {
  const ports = new Set([port, 8000, 3000, 5173]);
  const origins = [...ports].flatMap((each) => [`http://localhost:${each}`, `http://127.0.0.1:${each}`]);
  return origins.map(parseOriginPattern).filter((origin) => origin !== null);
}
