import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../../src/realtime/index.js';
import { ApiClient } from '../support/api-client.js';
import { HeraldProcess } from '../support/herald-process.js';
import { PATIENCE } from '../support/patience.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { type Herald, herald, type Variables } from '../support/herald.js';
import { postgresDatabase, type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { type Fault, type NodeName, ORGANIZATIONS } from './plan.js';
import type { Session } from './session.js';

/** Small, so that some clients return too late to resume. Fewer events than this wait during a fault. */
export const HISTORY_SIZE = 64;

const FREEZE_MS = 700;
const RECOVERY_MS = 15_000;

/** A node as clients see it, until its process exits. */
export interface ServingNode {
  name: NodeName;
  url: string;
  api: ApiClient;
  /** The sessions opened on it. */
  sessions: Set<Session>;
  /** It is being stopped: requests may go unanswered, and its connections end. */
  isEnding: boolean;
}

/** A time in which Redis lost all its data. */
export interface Loss {
  begunAt: number;
  endedAt: number;
}

/** A Redis with persistence, a Postgres, a node in this process, and one in a process that can be killed. */
export class System {
  readonly losses: Loss[] = [];

  private constructor(
    readonly orgIds: readonly string[],
    readonly token: string,
    private readonly variables: Variables,
    private readonly redis: RedisServer,
    private readonly jwks: Jwks,
    private readonly local: Herald,
    private remote: HeraldProcess,
    private readonly nodes: Record<NodeName, ServingNode>,
  ) {}

  static async start(): Promise<System> {
    const [jwks, redis] = await Promise.all([
      startJwks(),
      startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] }),
    ]);
    const variables = {
      DATABASE_URL: await postgresDatabase(),
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      KEYCLOAK_JWKS_URL: jwks.url,
      JWT_ISSUER: jwks.issuer,
      HISTORY_SIZE: String(HISTORY_SIZE),
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
      RUN_JOBS: 'false',
      SHUTDOWN_GRACE_MS: '1000',
      LOG_LEVEL: process.env.HERALD_LOG ?? 'silent',
    };
    const token = await jwks.sign('owner', { claims: { exp: Math.floor(Date.now() / 1_000) + 3 * 3_600 } });
    const local = await herald(variables, { timings: PATIENCE });
    const remote = await (await HeraldProcess.spawnHurried(PATIENCE, variables)).ready();
    const one = servingNode('one', local.url, token);
    const orgIds: string[] = [];
    for (let n = 0; n < ORGANIZATIONS; n += 1)
      orgIds.push((await one.api.post('/orgs', { name: `Acme ${n}` })).body.id);
    const nodes = { one, two: servingNode('two', remote.url, token) };
    return new System(orgIds, token, variables, redis, jwks, local, remote, nodes);
  }

  node(name: NodeName): ServingNode {
    return this.nodes[name];
  }

  eventsUrl({ url }: ServingNode, org: number): string {
    return `${url.replace('http', 'ws')}/ws/events/${this.orgId(org)}/`;
  }

  orgId(org: number): string {
    const id = this.orgIds[org];
    if (id === undefined) throw new Error(`There is no organization ${org}`);
    return id;
  }

  get dataSource(): DataSource {
    return this.local.app.get(DataSource);
  }

  get broadcast(): BroadcastService {
    return this.local.app.get(BroadcastService, { strict: false });
  }

  /** Causes a fault, and resolves when both nodes are healthy again. */
  async suffer(fault: Fault): Promise<void> {
    if (fault === 'node killed') await this.replaceNode('SIGKILL');
    if (fault === 'node drained') await this.replaceNode('SIGTERM');
    if (fault === 'redis restarted') await this.restartRedis();
    if (fault === 'redis restarted empty') await this.loseRedisData();
    if (fault === 'redis frozen') await this.freezeRedis();
    if (fault === 'subscribers cut') await this.askRedis((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await until(() => this.areHealthy(), RECOVERY_MS);
  }

  async stop(): Promise<void> {
    await this.remote.end('SIGKILL');
    await this.local.stop();
    await Promise.all([this.redis.stop(), this.jwks.stop()]);
  }

  /** The log of the node in the separate process; empty unless `HERALD_LOG` names a level. */
  get remoteLog(): string {
    return this.remote.output;
  }

  private async replaceNode(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.nodes.two.isEnding = true;
    await this.remote.end(signal);
    this.remote = await (await HeraldProcess.spawn('main.js', this.variables)).ready();
    this.nodes.two = servingNode('two', this.remote.url, this.token);
  }

  private async restartRedis(): Promise<void> {
    await this.redis.kill();
    await this.redis.start();
  }

  /** Pauses publication between the loss and the restart, as order is not promised if Redis loses data while it runs. */
  private async loseRedisData(): Promise<void> {
    const loss = { begunAt: performance.now(), endedAt: Infinity };
    this.losses.push(loss);
    await this.askRedis((redis) => redis.multi().flushall().client('PAUSE', 60_000, 'ALL').exec());
    await this.restartRedis();
    loss.endedAt = performance.now();
  }

  private async freezeRedis(): Promise<void> {
    await this.redis.pause();
    await wait(FREEZE_MS);
    await this.redis.resume();
  }

  private async askRedis(command: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis(this.redis.url);
    try {
      await command(redis);
    } finally {
      redis.disconnect();
    }
  }

  private async areHealthy(): Promise<boolean> {
    const reports = await Promise.all(
      Object.values(this.nodes).map(({ url }) => fetch(`${url}/health/ready`).then((answer) => answer.json())),
    );
    return reports.every((report) => (report as { status: string }).status === 'ok');
  }
}

function servingNode(name: NodeName, url: string, token: string): ServingNode {
  return { name, url, api: new ApiClient(url, token), sessions: new Set(), isEnding: false };
}
