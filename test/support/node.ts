import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createHerald } from '../../src/app.js';
import { Environment } from '../../src/config/environment.js';
import { ApiClient } from './api-client.js';
import { postgresDatabase, type RedisServer, startRedis } from './servers.js';

export type Variables = Record<string, string>;

export interface TokenOptions {
  roles?: string[];
  email?: string;
  name?: string;
  expiresIn?: number;
}

/** What a test changes in a node before it starts. */
export type Preparation = (app: NestExpressApplication) => void;

/** A whole Herald in the test's own process, on a free port, reached as clients reach it. */
export class HeraldNode {
  private constructor(
    readonly app: NestExpressApplication,
    /** Such as `http://127.0.0.1:41234`. */
    readonly url: string,
    private readonly dataDir: string,
    private readonly redis: RedisServer | null,
  ) {}

  /** @param redis which is the node's own, and ends with it */
  static async start(variables: Variables, prepare: Preparation, redis: RedisServer | null): Promise<HeraldNode> {
    const dataDir = await mkdtemp(join(tmpdir(), 'herald-test-'));
    const defaults = {
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      DATA_DIR: dataDir,
      ...(redis === null ? {} : { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) }),
      // Tests ask faster than people do.
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
    };
    try {
      const environment = new Environment({ ...defaults, ...variables });
      const app = await createHerald(environment);
      prepare(app);
      await app.listen(environment.port, environment.host);
      const { port } = app.getHttpServer().address() as AddressInfo;
      return new HeraldNode(app, `http://127.0.0.1:${port}`, dataDir, redis);
    } catch (error) {
      await redis?.stop();
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  get wsUrl(): string {
    return this.url.replace('http', 'ws');
  }

  /** Whether all that it depends on is there. */
  async isHealthy(): Promise<boolean> {
    const response = await fetch(`${this.url}/health/ready`);
    const { status } = (await response.json()) as { status?: string };
    return response.status === 200 && status === 'ok';
  }

  /** A token of the development issuer. */
  async tokenFor(userId: string, { roles, email, name, expiresIn }: TokenOptions = {}): Promise<string> {
    const body = { user_id: userId, roles, email, name, expires_in: expiresIn };
    const { status, body: answer } = await new ApiClient(this.url, null, '').post('/dev/token', body);
    if (status !== 200 && status !== 201) throw new Error(`No token: ${status} ${JSON.stringify(answer)}`);
    return (answer as { access_token: string }).access_token;
  }

  /** The HTTP API as a user sees it; with a token of the development issuer, or one of the caller's. */
  async api(userId: string, options: TokenOptions & { token?: string } = {}): Promise<ApiClient> {
    return new ApiClient(this.url, options.token ?? (await this.tokenFor(userId, options)));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.redis?.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Starts a node over a Postgres database and a Redis of its own, or over those that the variables name. */
export async function startNode(
  variables: Variables = {},
  prepare: Preparation = () => undefined,
): Promise<HeraldNode> {
  const namesRedis = Object.keys(variables).some((name) => name.startsWith('REDIS_'));
  const redis = namesRedis ? null : await startRedis();
  return HeraldNode.start(
    { DATABASE_URL: variables.DATABASE_URL ?? (await postgresDatabase()), ...variables },
    prepare,
    redis,
  );
}

/** Starts a node on embedded defaults, but for what the variables name. */
export function startEmbeddedNode(
  variables: Variables = {},
  prepare: Preparation = () => undefined,
): Promise<HeraldNode> {
  return HeraldNode.start(variables, prepare, null);
}
