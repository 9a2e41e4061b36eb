import { DataSource } from 'typeorm';
import { BroadcastService } from '../../src/realtime/index.js';
import { ApiClient } from './api-client.js';
import { type Jwks, startJwks } from './keys.js';
import { Load } from './load.js';
import { type Herald, herald, type Variables } from './herald.js';
import { RecordingClient } from './recording-client.js';
import { postgresDatabase } from './servers.js';

export interface DeploymentOptions {
  /** How each of the two nodes reaches Redis, and what else it needs. */
  nodes: [Variables, Variables];
  /** A database of its own, if none is given. */
  databaseUrl?: string;
  organizations?: number;
}

const OWNER = 'owner';

/** Two nodes in the test's own process over one database, with organizations of one owner. */
export class Deployment {
  private constructor(
    /** What every node has in common: for further ones. */
    readonly variables: Variables,
    readonly nodes: readonly [Herald, Herald],
    readonly orgIds: string[],
    readonly token: string,
    private readonly jwks: Jwks,
  ) {}

  static async start({ nodes, databaseUrl, organizations = 1 }: DeploymentOptions): Promise<Deployment> {
    const jwks = await startJwks();
    const variables = {
      DATABASE_URL: databaseUrl ?? (await postgresDatabase()),
      KEYCLOAK_JWKS_URL: jwks.url,
      JWT_ISSUER: jwks.issuer,
      RUN_JOBS: 'false',
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
      LOG_LEVEL: process.env.HERALD_LOG ?? 'silent',
    };
    const token = await jwks.sign(OWNER);
    const started = await Promise.all([herald({ ...variables, ...nodes[0] }), herald({ ...variables, ...nodes[1] })]);
    const api = new ApiClient(started[0].url, token);
    const orgIds: string[] = [];
    for (let n = 0; n < organizations; n += 1) {
      orgIds.push((await api.post('/orgs', { name: `Organization ${n}` })).body.id);
    }
    return new Deployment(variables, started, orgIds, token, jwks);
  }

  get orgId(): string {
    const [orgId] = this.orgIds;
    if (orgId === undefined) throw new Error('The deployment was made without organizations');
    return orgId;
  }

  /** The HTTP API of a node, as the owner sees it. */
  api(node: { url: string }): ApiClient {
    return new ApiClient(node.url, this.token);
  }

  watch(node: { wsUrl: string }, orgId = this.orgId): Promise<RecordingClient> {
    return RecordingClient.open(node, orgId, this.token);
  }

  /** A client of each organization on each node. */
  async watchAll(): Promise<Watch[]> {
    const pairs = this.nodes.flatMap((node) => this.orgIds.map((orgId) => ({ node, orgId })));
    return Promise.all(pairs.map(async ({ node, orgId }) => ({ orgId, client: await this.watch(node, orgId) })));
  }

  /** Commits an outbox message on the node whose turn it is. */
  async commit(orgId: string, n: number, node = this.nodes[n % 2 === 0 ? 0 : 1]): Promise<void> {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await node.app
      .get(DataSource)
      .transaction((manager) => broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n }, { manager }));
  }

  /** Notifies the owner, without the inbox. */
  async notify(title: string): Promise<void> {
    const broadcast = this.nodes[0].app.get(BroadcastService, { strict: false });
    await broadcast.broadcastNotification(OWNER, { title }, { ephemeral: true });
  }

  /** Changes of all organizations, committed on all nodes in turn. */
  load(perSecond = 200): Load {
    return new Load(this.orgIds, (orgId, n) => this.commit(orgId, n), perSecond);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.jwks.stop();
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
