import { DataSource } from 'typeorm';
import { BroadcastService } from '../../src/realtime/index.js';
import { ApiClient } from './api-client.js';
import { type Herald, herald, type HeraldOptions, type Variables } from './herald.js';
import { HeraldProcess } from './herald-process.js';
import { Load } from './load.js';
import { RecordingClient } from './recording-client.js';
import type { RedisServer } from './servers.js';

export interface DeploymentOptions extends Pick<HeraldOptions, 'timings'> {
  organizations?: number;
  /** What each of the two nodes is given besides, such as how it reaches Redis. */
  nodes?: [Variables, Variables];
  /** A database of its own, if none is given. */
  databaseUrl?: string;
}

const OWNER = 'owner';

/** Two nodes in the test's own process over the same data, with organizations of one owner. */
export class Deployment {
  private readonly processes: HeraldProcess[] = [];

  private constructor(
    readonly nodes: readonly [Herald, Herald],
    readonly orgIds: string[],
    readonly token: string,
  ) {}

  static async start(options: DeploymentOptions = {}): Promise<Deployment> {
    const { organizations = 1, nodes = [{}, {}], databaseUrl, timings } = options;
    const common = {
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
      RUN_JOBS: 'false',
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
      LOG_LEVEL: process.env.HERALD_LOG ?? 'silent',
    };
    const one = await herald({ ...common, ...nodes[0] }, { timings });
    const two = await one.another(nodes[1], { timings });
    const orgIds: string[] = [];
    for (let n = 0; n < organizations; n += 1) orgIds.push(await one.organization(OWNER, [], `Organization ${n}`));
    return new Deployment([one, two], orgIds, await one.tokenFor(OWNER));
  }

  get orgId(): string {
    const [orgId] = this.orgIds;
    if (orgId === undefined) throw new Error('The deployment was made without organizations');
    return orgId;
  }

  /** What the first node was started with: for further ones. */
  get variables(): Variables {
    return this.nodes[0].variables;
  }

  /** The Redis that was started for it, as its nodes were given none. */
  get redis(): RedisServer {
    return this.nodes[0].redis;
  }

  /** Starts one more node, in a process of its own, and waits until it serves. It is killed when the deployment stops. */
  async startProcess(variables: Variables = {}): Promise<HeraldProcess> {
    const node = await HeraldProcess.spawn('main.js', { ...this.variables, ...variables });
    this.processes.push(node);
    return node.ready();
  }

  /** The HTTP API of a node, as the owner sees it. */
  api(node: { url: string }): ApiClient {
    return new ApiClient(node.url, this.token);
  }

  watch(node: { wsUrl: string }, orgId = this.orgId): Promise<RecordingClient> {
    return RecordingClient.open(node, orgId, this.token);
  }

  /** A client of each organization on each node. */
  async watchAll(nodes: readonly { wsUrl: string }[] = this.nodes): Promise<Watch[]> {
    const pairs = nodes.flatMap((node) => this.orgIds.map((orgId) => ({ node, orgId })));
    return Promise.all(pairs.map(async ({ node, orgId }) => ({ orgId, client: await this.watch(node, orgId) })));
  }

  /** Commits an outbox message on the node whose turn it is. */
  async commit(orgId: string, n: number, node = this.nodes[n % 2 === 0 ? 0 : 1]): Promise<void> {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await node.app
      .get(DataSource)
      .transaction((manager) => broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n }, { manager }));
  }

  /** Changes of all organizations, committed on all nodes in turn. */
  load(perSecond = 200): Load {
    return new Load(this.orgIds, (orgId, n) => this.commit(orgId, n), perSecond);
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.end('SIGKILL')));
    await this.nodes[0].stop();
  }
}

/** A client, and the organization whose events it sees. */
export interface Watch {
  orgId: string;
  client: RecordingClient;
}

/** How a node reaches a Redis, or the proxy before it. */
export function redisAt({ host, port }: { host: string; port: number }): Variables {
  return { REDIS_HOST: host, REDIS_PORT: String(port) };
}
