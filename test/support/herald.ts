import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { createHerald } from '../../src/app.js';
import { DevelopmentIssuer } from '../../src/auth/development/development-issuer.js';
import { Environment, type Timings } from '../../src/config/environment.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { ApiClient } from './api-client.js';
import { outboxIsEmpty } from './database-snapshot.js';
import { postgresDatabase, type RedisServer, startRedis } from './servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { connect, type ConnectOptions, type TestClient } from './ws-client.js';

export type Variables = Record<string, string>;

export interface TokenOptions {
  roles?: string[];
  email?: string;
  name?: string;
  /** Seconds; negative for an expired token. */
  expiresIn?: number;
}

/** Who connects, and how; `cursor` resumes. */
export type JoinOptions = TokenOptions & ConnectOptions & { cursor?: string };

export interface HeraldOptions {
  /** Uses the embedded Redis and Postgres only. */
  embedded?: boolean;
  timings?: Partial<Timings>;
  /** Modules that an application adds to Herald's own. */
  features?: Type[];
  /** Changes the node before it serves. */
  prepare?: (app: NestExpressApplication) => void;
}

/**
 * Starts a Herald in the test's process, on a Postgres database and a Redis of its own, or on those in the variables.
 * The caller must stop it.
 */
export async function herald(variables: Variables = {}, options: HeraldOptions = {}): Promise<Herald> {
  const { embedded = false } = options;
  const needsRedis = !embedded && !Object.keys(variables).some((name) => name.startsWith('REDIS_'));
  const [redis, dataDir, databaseUrl] = await Promise.all([
    needsRedis ? startRedis() : null,
    mkdtemp(join(tmpdir(), 'herald-test-')),
    embedded ? undefined : (variables.DATABASE_URL ?? postgresDatabase()),
  ]);
  const release = async (): Promise<void> => {
    await redis?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const data: Variables = {
    DATA_DIR: dataDir,
    ...(redis !== null && { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) }),
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  };
  return Herald.start({ ...data, ...variables }, options, redis, release);
}

/** Two nodes that share their data. Stopping the first also stops the second. */
export async function twoHeralds(variables: Variables = {}, options: HeraldOptions = {}): Promise<[Herald, Herald]> {
  const one = await herald({ RUN_JOBS: 'false', ...variables }, options);
  return [one, await one.another({}, options)];
}

/** For tests that apply to one node and to several; a single embedded node plays both parts. */
export const ONE_AND_MANY: [name: string, start: typeof twoHeralds][] = [
  ['two nodes', twoHeralds],
  [
    'one node on embedded defaults',
    async (variables, options) => {
      const node = await herald(variables, { ...options, embedded: true });
      return [node, node];
    },
  ],
];

/** A node of Herald on a free port. */
export class Herald {
  private readonly others: Herald[] = [];

  private constructor(
    readonly app: NestExpressApplication,
    /** Such as `http://127.0.0.1:41234`. */
    readonly url: string,
    /** The variables it was started with; another node with these shares its data. */
    readonly variables: Variables,
    private readonly ownRedis: RedisServer | null,
    private readonly release: () => Promise<void>,
  ) {}

  static async start(
    variables: Variables,
    { timings, features = [], prepare }: HeraldOptions,
    redis: RedisServer | null = null,
    release: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Herald> {
    const defaults = {
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      // Tests send requests faster than people do.
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
    };
    try {
      // Shutdown does not wait for load balancers to notice it.
      const environment = new Environment({ ...defaults, ...variables }, { drainNoticeMs: 0, ...timings });
      const root = AppModule.forRoot(environment);
      const app = await createHerald(environment, { ...root, imports: [...(root.imports ?? []), ...features] });
      prepare?.(app);
      await app.listen(environment.port, environment.host);
      const { port } = app.getHttpServer().address() as AddressInfo;
      return new Herald(app, `http://127.0.0.1:${port}`, variables, redis, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  get wsUrl(): string {
    return this.url.replace('http', 'ws');
  }

  /** The Redis started for this node. */
  get redis(): RedisServer {
    if (this.ownRedis === null) throw new Error('This Herald was started without a Redis of its own');
    return this.ownRedis;
  }

  /** Starts another node that shares the data and accepts the same tokens. It stops with this one, unless stopped before. */
  async another(variables: Variables = {}, options: HeraldOptions = {}): Promise<Herald> {
    const other = await Herald.start({ ...this.variables, PORT: '0', ...variables }, options);
    this.others.push(other);
    return other;
  }

  /** Whether all its dependencies are up. */
  async isHealthy(): Promise<boolean> {
    const response = await fetch(`${this.url}/health/ready`);
    const { status } = (await response.json()) as { status?: string };
    return response.status === 200 && status === 'ok';
  }

  /** Resolves when this node and its further nodes are healthy again. */
  async recovered(): Promise<void> {
    for (const node of [this, ...this.others]) await until(() => node.isHealthy());
  }

  /** A token from the development issuer. */
  tokenFor(userId: string, { expiresIn = 3_600, ...profile }: TokenOptions = {}): Promise<string> {
    const issuer = this.app.get(DevelopmentIssuer, { strict: false });
    return issuer.sign({ userId, ...profile, expiresInSeconds: expiresIn });
  }

  /** The HTTP API as a user sees it, with a token from the development issuer by default. */
  async api(userId: string, options: TokenOptions & { token?: string } = {}): Promise<ApiClient> {
    return new ApiClient(this.url, options.token ?? (await this.tokenFor(userId, options)));
  }

  /** Creates an organization with an owner and plain members; returns its id once the outbox is empty. */
  async organization(ownerId: string, memberIds: readonly string[] = [], name = 'Acme'): Promise<string> {
    const owner = await this.api(ownerId);
    const { id } = (await owner.post('/orgs', { name })).body as { id: string };
    for (const userId of memberIds) await owner.post(`/orgs/${id}/members`, { user_id: userId });
    await outboxIsEmpty(this.app.get(DataSource));
    return id;
  }

  /** Connects a user; does not wait for the welcome. */
  async connect(path: string, userId: string, { cursor, ...options }: JoinOptions = {}): Promise<TestClient> {
    const token = options.token ?? (await this.tokenFor(userId, options));
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    return connect(`${this.wsUrl}${path}${query}`, { ...options, token });
  }

  /** Connects a user, and waits for the welcome: the first of `received`. */
  async join(path: string, userId: string, options: JoinOptions = {}): Promise<TestClient> {
    const client = await this.connect(path, userId, options);
    const { type } = await client.next();
    if (type !== 'connection.established') throw new Error(`Not welcomed, but sent ${JSON.stringify(type)}`);
    return client;
  }

  /** Publishes an event as an application's service does. */
  publish(orgId: string, eventType: string, data: Record<string, unknown> = {}): Promise<void> {
    return this.app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, eventType, data);
  }

  async stop(): Promise<void> {
    await Promise.all(this.others.splice(0).map((other) => other.stop()));
    await this.app.close();
    await this.release();
  }
}
