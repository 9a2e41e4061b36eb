import { DataSource } from 'typeorm';
import { BroadcastService } from '../../src/realtime/index.js';
import { ApiClient } from './api-client.js';
import { type Herald, herald, type HeraldOptions, type Variables } from './herald.js';
import { HeraldProcess } from './herald-process.js';
import { Load } from './load.js';
import { RecordingClient } from './recording-client.js';
import { PATIENCE } from './patience.js';
import type { RedisServer } from './servers.js';

export interface DeploymentOptions extends Pick<HeraldOptions, 'timings'> {
  organizations?: number;
  /** Further variables for each of the two nodes, such as how it reaches Redis. */
  nodes?: [Variables, Variables];
  /** A new database by default. */
  databaseUrl?: string;
}

const OWNER = 'owner';

/** Two nodes in the test's process that share their data, with organizations of one owner. */
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
    const patient = { ...PATIENCE, ...timings };
    const one = await herald({ ...common, ...nodes[0] }, { timings: patient });
    const two = await one.another(nodes[1], { timings: patient });
    const orgIds: string[] = [];
    for (let n = 0; n < organizations; n += 1) orgIds.push(await one.organization(OWNER, [], `Organization ${n}`));
    return new Deployment([one, two], orgIds, await one.tokenFor(OWNER));
  }

  get orgId(): string {
    const [orgId] = this.orgIds;
    if (orgId === undefined) throw new Error('The deployment was made without organizations');
    return orgId;
  }

  /** The variables of the first node, for starting further nodes. */
  get variables(): Variables {
    return this.nodes[0].variables;
  }

  /** The Redis started for the deployment, if its nodes were given none. */
  get redis(): RedisServer {
    return this.nodes[0].redis;
  }

  /** Starts another node in a process of its own, and waits until it serves. Stopping the deployment kills it. */
  async startProcess(variables: Variables = {}): Promise<HeraldProcess> {
    const node = await HeraldProcess.spawnHurried(PATIENCE, { ...this.variables, ...variables });
    this.processes.push(node);
    return node.ready();
  }

  /** A node's HTTP API, authenticated as the owner. */
  api(node: { url: string }): ApiClient {
    return new ApiClient(node.url, this.token);
  }

  watch(node: { wsUrl: string }, orgId = this.orgId): Promise<RecordingClient> {
    return RecordingClient.open(node, orgId, this.token);
  }

  /** Connects a client to each organization on each node. */
  async watchAll(nodes: readonly { wsUrl: string }[] = this.nodes): Promise<Watch[]> {
    const pairs = nodes.flatMap((node) => this.orgIds.map((orgId) => ({ node, orgId })));
    return Promise.all(pairs.map(async ({ node, orgId }) => ({ orgId, client: await this.watch(node, orgId) })));
  }

  /** Commits an outbox message, on alternating nodes by default. */
  async commit(orgId: string, n: number, node = this.nodes[n % 2 === 0 ? 0 : 1]): Promise<void> {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await node.app
      .get(DataSource)
      .transaction((manager) => broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n }, { manager }));
  }

  /** Starts a load of changes in all organizations, on alternating nodes. */
  load(perSecond = 200): Load {
    return new Load(this.orgIds, (orgId, n) => this.commit(orgId, n), perSecond);
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.end('SIGKILL')));
    await this.nodes[0].stop();
  }
}

/** A client, and the organization whose events it receives. */
export interface Watch {
  orgId: string;
  client: RecordingClient;
}

/** The variables for a Redis, or for a proxy in front of it. */
export function redisAt({ host, port }: { host: string; port: number }): Variables {
  return { REDIS_HOST: host, REDIS_PORT: String(port) };
}
