import { randomUUID } from 'node:crypto';
import type { ApiClient } from './api-client.js';
import type { DocumentedApi, Operation } from './documented-api.js';
import { bodyOf, fieldsOf, headersOf, type Ids, pathOf } from './example-request.js';
import type { Herald } from './herald.js';
import { until } from '../../src/realtime/testing/until.js';

/** An answer that describes a thing; its id is in the field that paths use, or in `id`. */
type Thing = Readonly<Record<string, unknown>>;

const ORGS = '/api/v1/orgs';

/** How to create things that no documented request adds to their collection. */
const MAKERS: Readonly<Record<string, (world: ExampleWorld, ids: Ids) => Thing | Promise<Thing>>> = {
  [`${ORGS}/{org_id}/members`]: ({ memberIds: [user_id] }) => ({ user_id }),
  [`${ORGS}/{org_id}/presence`]: (world, { org_id }) => world.connect(org_id),
  '/api/v1/realtime/connections': (world) => world.connect(),
  // Tests disconnect this user, so its connections must not matter elsewhere.
  '/api/v1/realtime/users': () => ({ user_id: 'carol' }),
};

/** Ids in queries and bodies that are not in the path, with their collections. */
const NAMED: Readonly<Record<string, string>> = { org_id: ORGS, up_to: '/api/v1/notifications' };

/**
 * An organization and everything else that requests name. Each thing is created with the documented example of the request
 * that adds it (`POST /widgets` creates the id in `/widgets/{id}`), so that a new feature needs no change here.
 */
export class ExampleWorld {
  private readonly made = new Map<string, Promise<Thing>>();

  constructor(
    private readonly node: Herald,
    private readonly api: DocumentedApi,
    /** Owns the organization and creates everything; uses full paths, as in the document. */
    private readonly founder: ApiClient,
    /** The plain members of the organization; paths use the first. */
    readonly memberIds: readonly string[],
  ) {}

  /** Creates what an operation's path, query and body name, unless it exists. */
  async idsFor(operation: Operation): Promise<Ids> {
    const ids: Record<string, string> = { ...(await this.idsIn(operation.path)), dedupe_key: randomUUID() };
    for (const name of fieldsOf(operation)) {
      const collection = NAMED[name];
      if (collection !== undefined) ids[name] ??= idOf(await this.oneOf(collection, ids), name);
    }
    return ids;
  }

  /** Creates what a path names, unless it exists. */
  async idsIn(path: string): Promise<Ids> {
    const ids: Record<string, string> = {};
    for (const { index, 1: name = '' } of path.matchAll(/\/\{(\w+)\}/g)) {
      ids[name] = idOf(await this.oneOf(path.slice(0, index), ids), name);
    }
    return ids;
  }

  /** Makes sure that the list an operation returns is not empty. */
  async fill({ path }: Operation, ids: Ids): Promise<void> {
    if (path in MAKERS || this.api.find('POST', path) !== undefined) await this.oneOf(path, ids);
  }

  /** Connects a member to an organization's events, which adds a presence and a connection. */
  async connect(orgId?: string): Promise<Thing> {
    const org_id = orgId ?? idOf(await this.oneOf(ORGS, {}), 'org_id');
    const client = await this.node.join(`/ws/events/${org_id}/`, this.memberIds[0] ?? '');
    await until(async () => (await this.founder.get(`${ORGS}/${org_id}/presence`)).body.items.length > 0);
    return client.received[0] ?? {};
  }

  private oneOf(collection: string, ids: Ids): Promise<Thing> {
    const thing = this.made.get(collection) ?? this.make(collection, ids);
    this.made.set(collection, thing);
    return thing;
  }

  private async make(collection: string, ids: Ids): Promise<Thing> {
    const maker = MAKERS[collection];
    if (maker !== undefined) return maker(this, ids);
    const thing = await this.add(collection, ids);
    if (collection === ORGS) await this.addMembers(String(thing.id));
    return thing;
  }

  private async add(collection: string, ids: Ids): Promise<Thing> {
    const operation = this.api.find('POST', collection);
    if (operation === undefined) {
      throw new Error(`No POST ${collection} makes what is below it: say in MAKERS of example-world.ts what does`);
    }
    const path = pathOf(operation, ids);
    const body = bodyOf(operation, await this.idsFor(operation));
    const sent = body === null ? undefined : JSON.stringify(body);
    const answer = await this.founder.request('POST', path, sent, headersOf(operation));
    if (answer.status >= 300) {
      throw new Error(`The example of POST ${collection} is answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    if (answer.status === 202 && 'status' in answer.body) await this.completed(`${path}/${answer.body.id}`);
    return answer.body;
  }

  /** A thing created in the background is ready when its status says so. */
  private completed(path: string): Promise<void> {
    return until(async () => (await this.founder.get(path)).body.status === 'completed');
  }

  private async addMembers(orgId: string): Promise<void> {
    const added = this.memberIds.map(async (user_id) => {
      const { status } = await this.founder.post(`${ORGS}/${orgId}/members`, { user_id });
      if (status !== 201) throw new Error(`${user_id} could not be added: ${status}`);
    });
    await Promise.all(added);
  }
}

function idOf(thing: Thing, name: string): string {
  const id = thing[name] ?? thing.id;
  if (typeof id !== 'string') throw new Error(`No ${name} and no id in ${JSON.stringify(thing)}`);
  return id;
}
