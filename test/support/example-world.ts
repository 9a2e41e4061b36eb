import { randomUUID } from 'node:crypto';
import { ApiClient } from './api-client.js';
import type { Herald } from './herald.js';
import { until } from './until.js';
import { connect } from './ws-client.js';

/** The ids of things that exist, by the names that paths, queries and bodies have for them. */
export type Ids = Readonly<Record<string, string>>;

/**
 * The people of the document's examples, and things for its paths to name: alice, who owns organizations and operates Herald, bob
 * and dave, who are plain members, and carol, who is none.
 */
export class ExampleWorld {
  private readonly kept = new Map<string, Promise<Ids>>();

  private constructor(
    private readonly node: Herald,
    /** May do everything. */
    readonly alice: ApiClient,
    /** Is a member, and has no role anywhere. */
    readonly dave: ApiClient,
    readonly stranger: ApiClient,
  ) {}

  /** Clients are rooted at `/`, as the document's paths are. */
  static async on(node: Herald): Promise<ExampleWorld> {
    const [alice, dave] = [await node.tokenFor('alice', { roles: ['realtime-admin'] }), await node.tokenFor('dave')];
    const client = (token: string | null): ApiClient => new ApiClient(node.url, token, '');
    return new ExampleWorld(node, client(alice), client(dave), client(null));
  }

  /** Things that a path names, for requests that change nothing. */
  keptIdsFor(path: string): Promise<Ids> {
    const ids = this.kept.get(path) ?? this.idsFor(path);
    this.kept.set(path, ids);
    return ids;
  }

  /** Makes all that a path names. Nothing is shared with what was made before. */
  async idsFor(path: string): Promise<Ids> {
    const orgId = await this.create('/orgs', { name: 'Acme' });
    const org = `/orgs/${orgId}`;
    for (const user_id of ['bob', 'dave']) await this.create(`${org}/members`, { user_id });
    const resourceId = await this.create(`${org}/resources`, { name: 'Q3 report' });
    const ids = { org_id: orgId, user_id: 'bob', dedupe_key: randomUUID() };
    if (path.includes('/resources/')) {
      await this.create(`${org}/resources/${resourceId}/comments`, { body: 'Hello' });
      return { ...ids, id: resourceId };
    }
    if (path.includes('/exports/')) return { ...ids, id: await this.exported(org) };
    if (path.includes('/presence') || path.includes('/connections')) {
      return { ...ids, connection_id: await this.connected(orgId) };
    }
    if (!path.includes('/notifications')) return ids;
    const notification = { title: 'Hello', type: 'greeting' };
    const id = await this.create('/notifications', { user_id: 'alice', notification });
    return { ...ids, id, up_to: id };
  }

  private async create(path: string, body: object): Promise<string> {
    const answer = await this.alice.post(`/api/v1${path}`, body);
    if (answer.status !== 201 && answer.status !== 202) {
      throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body.id;
  }

  private async exported(org: string): Promise<string> {
    const id = await this.create(`${org}/exports`, { format: 'csv' });
    await until(async () => (await this.alice.get(`/api/v1${org}/exports/${id}`)).body.status === 'completed');
    return id;
  }

  /** Bob's connection to the organization's events, once everybody can know of it. */
  private async connected(orgId: string): Promise<string> {
    const client = await connect(`${this.node.wsUrl}/ws/events/${orgId}/`, { token: await this.node.tokenFor('bob') });
    const { connection_id: id } = await client.next();
    await until(async () => {
      const { body } = await this.alice.get(`/api/v1/orgs/${orgId}/presence`);
      return body.items.length > 0;
    });
    return String(id);
  }
}
