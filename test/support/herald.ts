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
import { until } from './until.js';
import { connect, type ConnectOptions, type TestClient } from './ws-client.js';

export type Variables = Record<string, string>;

export interface TokenOptions {
  roles?: string[];
  email?: string;
  name?: string;
  /** Seconds; less than none for one that has expired. */
  expiresIn?: number;
}

export interface HeraldOptions {
  /** True: no Redis and no Postgres but the embedded ones. */
  embedded?: boolean;
  timings?: Partial<Timings>;
  /** Modules that an application has added to Herald's own. */
  features?: Type[];
  /** Changes the node before it serves. */
  prepare?: (app: NestExpressApplication) => void;
}

/**
 * Starts a Herald in the test's own process, over a Postgres database and a Redis of its own, or over those that the variables name.
 * Whoever starts it stops it.
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

/** Two nodes over the same data. The first one, when it stops, also stops the second. */
export async function twoHeralds(variables: Variables = {}, options: HeraldOptions = {}): Promise<[Herald, Herald]> {
  const one = await herald({ RUN_JOBS: 'false', ...variables }, options);
  return [one, await one.another({}, options)];
}

/** For tests of what is the same on one node and on many: one on embedded defaults plays both parts. */
export const ONE_AND_MANY: [name: string, start: (variables?: Variables) => Promise<[Herald, Herald]>][] = [
  ['two nodes', twoHeralds],
  [
    'one node on embedded defaults',
    async (variables) => {
      const node = await herald(variables, { embedded: true });
      return [node, node];
    },
  ],
];

/** A node of Herald, on a free port, reached as clients reach it. */
export class Herald {
  private readonly others: Herald[] = [];

  private constructor(
    readonly app: NestExpressApplication,
    /** Such as `http://127.0.0.1:41234`. */
    readonly url: string,
    /** What it was started with: another process with these is a node beside it. */
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
      // Tests ask faster than people do.
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
    };
    try {
      // Nobody is to be told for a while that a node ends.
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

  /** The Redis that was started for it. */
  get redis(): RedisServer {
    if (this.ownRedis === null) throw new Error('This Herald was started without a Redis of its own');
    return this.ownRedis;
  }

  /** Starts another node over the same data, which takes the same tokens. It ends with this one, if it is not stopped before. */
  async another(variables: Variables = {}, options: HeraldOptions = {}): Promise<Herald> {
    const other = await Herald.start({ ...this.variables, PORT: '0', ...variables }, options);
    this.others.push(other);
    return other;
  }

  /** Whether all that it depends on is there. */
  async isHealthy(): Promise<boolean> {
    const response = await fetch(`${this.url}/health/ready`);
    const { status } = (await response.json()) as { status?: string };
    return response.status === 200 && status === 'ok';
  }

  /** Resolves when it and the nodes beside it have again all that they depend on. */
  async recovered(): Promise<void> {
    for (const node of [this, ...this.others]) await until(() => node.isHealthy());
  }

  /** A token of the development issuer. */
  tokenFor(userId: string, { expiresIn = 3_600, ...profile }: TokenOptions = {}): Promise<string> {
    const issuer = this.app.get(DevelopmentIssuer, { strict: false });
    return issuer.sign({ userId, ...profile, expiresInSeconds: expiresIn });
  }

  /** The HTTP API as a user sees it; with a token of the development issuer, or one of the caller's. */
  async api(userId: string, options: TokenOptions & { token?: string } = {}): Promise<ApiClient> {
    return new ApiClient(this.url, options.token ?? (await this.tokenFor(userId, options)));
  }

  /** An organization of this owner, with these plain members; gives its id when nothing of that is still to be told. */
  async organization(ownerId: string, memberIds: readonly string[] = [], name = 'Acme'): Promise<string> {
    const owner = await this.api(ownerId);
    const { id } = (await owner.post('/orgs', { name })).body as { id: string };
    for (const userId of memberIds) await owner.post(`/orgs/${id}/members`, { user_id: userId });
    await outboxIsEmpty(this.app.get(DataSource));
    return id;
  }

  /** Connects a user, who may be sent away then. */
  async connect(path: string, userId: string, options: TokenOptions & ConnectOptions = {}): Promise<TestClient> {
    const token = options.token ?? (await this.tokenFor(userId, options));
    return connect(`${this.wsUrl}${path}`, { ...options, token });
  }

  /** Connects a user, and resolves when the welcome has come: the first of `received`. */
  async join(path: string, userId: string, options: TokenOptions & ConnectOptions = {}): Promise<TestClient> {
    const client = await this.connect(path, userId, options);
    await client.next();
    return client;
  }

  /** Publishes an event as a service of the application does. */
  publish(orgId: string, eventType: string, data: Record<string, unknown> = {}): Promise<void> {
    return this.app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, eventType, data);
  }

  async stop(): Promise<void> {
    await Promise.all(this.others.splice(0).map((other) => other.stop()));
    await this.app.close();
    await this.release();
  }
}
