import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ORG_ROLES } from '../src/organizations/org-role.js';
import { ApiClient } from './support/api-client.js';
import { DocumentedApi } from './support/documented-api.js';
import { bodyOf, type Ids, pathOf } from './support/example-request.js';
import { ExampleWorld } from './support/example-world.js';
import { type Herald, herald } from './support/herald.js';
import { guardMistakes, orgRoutesOf } from './support/org-routes.js';
import { until } from '../src/realtime/testing/until.js';
import { WidgetsModule } from './support/widgets.js';
import { closeAllClients } from './support/ws-client.js';

const ORGS = '/api/v1/orgs';

const ACTORS = ['owner', 'admin', 'member', 'former', 'stranger', 'realtime-admin'] as const;
type Actor = (typeof ACTORS)[number];

/** Actors with fewer rights go first, so that a refused attempt leaves the target for the next actor. */
const TRIES = ACTORS.toReversed();

/** The target of an action, created for each attempt because the attempt may delete it. */
type Target = (actor: Actor) => Promise<Ids>;

/** The body that adds a new member. */
class Newcomer {
  constructor(private readonly role: string) {}

  of(actor: Actor): object {
    return { user_id: `added-by-${actor}`, role: this.role };
  }
}

let node: Herald;
let clients: Record<Actor, ApiClient>;
let orgId: string;
let made = 0;

beforeAll(async () => {
  node = await herald({}, { features: [WidgetsModule] });
  const entries = ACTORS.map(async (actor): Promise<[Actor, ApiClient]> => [
    actor,
    new ApiClient(node.url, await node.tokenFor(actor, rolesOf(actor)), ''),
  ]);
  clients = Object.fromEntries(await Promise.all(entries)) as Record<Actor, ApiClient>;
});
beforeEach(async () => {
  orgId = (await clients.owner.post(ORGS, { name: 'Acme' })).body.id;
  await Promise.all([add('admin', 'admin'), add('member', 'member'), add('former', 'admin')]);
  expect((await clients.owner.delete(`${ORGS}/${orgId}/members/former`)).status).toBe(204);
});
afterEach(closeAllClients);
afterAll(() => node.stop());

function rolesOf(actor: Actor): { roles: string[] } {
  return { roles: actor === 'realtime-admin' ? [actor] : [] };
}

async function add(userId: string, role: string): Promise<void> {
  expect((await clients.owner.post(`${ORGS}/${orgId}/members`, { user_id: userId, role })).status).toBe(201);
}

const another =
  (role: 'owner' | 'admin' | 'member'): Target =>
  async () => {
    made += 1;
    await add(`another-${made}`, role);
    return { user_id: `another-${made}` };
  };

const oneself: Target = async (actor) => {
  // Otherwise the last owner could not leave.
  if (actor === 'owner') await another('owner')(actor);
  return Promise.resolve({ user_id: actor });
};

const resource: Target = async () => {
  const { body } = await clients.owner.post(`${ORGS}/${orgId}/resources`, { name: 'Report' });
  return { id: body.id };
};

async function exportOf(client: ApiClient): Promise<Ids> {
  const { body } = await client.post(`${ORGS}/${orgId}/exports`, { format: 'csv' });
  await until(async () => (await client.get(`${ORGS}/${orgId}/exports/${body.id}`)).body.status === 'completed');
  return { id: body.id };
}

/** Actors who cannot request exports use a member’s. */
const ownExport: Target = (actor) => exportOf(clients[['owner', 'admin'].includes(actor) ? actor : 'member']);

const someoneElsesExport: Target = (actor) => exportOf(clients[actor === 'owner' ? 'member' : 'owner']);

const ALL = '/orgs/{org_id}';
const MEMBER = `${ALL}/members/{user_id}`;
const RESOURCE = `${ALL}/resources/{id}`;
const EXPORT = `${ALL}/exports/{id}`;

/** The statuses for owner, admin, member, former member, stranger, realtime-admin. */
// prettier-ignore
const TABLE: [action: string, route: string, statuses: string, how?: { body?: object; target?: Target }][] = [
  ['see the organization',    `GET ${ALL}`,                  '200 200 200 404 404 404'],
  ['rename it',               `PATCH ${ALL}`,                '200 403 403 404 404 404', { body: { name: 'New' } }],
  ['delete it',               `DELETE ${ALL}`,               '204 403 403 404 404 404'],
  ['see its members',         `GET ${ALL}/members`,          '200 200 200 404 404 404'],
  ['add a member',            `POST ${ALL}/members`,         '201 201 403 404 404 404', { body: new Newcomer('member') }],
  ['add an admin',            `POST ${ALL}/members`,         '201 403 403 404 404 404', { body: new Newcomer('admin') }],
  ['add an owner',            `POST ${ALL}/members`,         '201 403 403 404 404 404', { body: new Newcomer('owner') }],
  ['make one a member',       `PATCH ${MEMBER}`,             '200 403 403 404 404 404', { body: { role: 'member' }, target: another('admin') }],
  ['make one an admin',       `PATCH ${MEMBER}`,             '200 403 403 404 404 404', { body: { role: 'admin' }, target: another('member') }],
  ['make one an owner',       `PATCH ${MEMBER}`,             '200 403 403 404 404 404', { body: { role: 'owner' }, target: another('member') }],
  ['promote themselves',      `PATCH ${MEMBER}`,             '200 403 403 404 404 404', { body: { role: 'owner' }, target: oneself }],
  ['remove a member',         `DELETE ${MEMBER}`,            '204 204 403 404 404 404', { target: another('member') }],
  ['remove an admin',         `DELETE ${MEMBER}`,            '204 403 403 404 404 404', { target: another('admin') }],
  ['remove an owner',         `DELETE ${MEMBER}`,            '204 403 403 404 404 404', { target: another('owner') }],
  ['leave',                   `DELETE ${MEMBER}`,            '204 204 204 404 404 404', { target: oneself }],
  ['create a resource',       `POST ${ALL}/resources`,       '201 201 201 404 404 404', { body: { name: 'Report' } }],
  ['list resources',          `GET ${ALL}/resources`,        '200 200 200 404 404 404'],
  ['see a resource',          `GET ${RESOURCE}`,             '200 200 200 404 404 404', { target: resource }],
  ['change a resource',       `PATCH ${RESOURCE}`,           '200 200 200 404 404 404', { body: { name: 'Better' }, target: resource }],
  ['delete a resource',       `DELETE ${RESOURCE}`,          '204 204 204 404 404 404', { target: resource }],
  ['comment',                 `POST ${RESOURCE}/comments`,   '201 201 201 404 404 404', { body: { body: 'Well done' }, target: resource }],
  ['read comments',           `GET ${RESOURCE}/comments`,    '200 200 200 404 404 404', { target: resource }],
  ['request an export',       `POST ${ALL}/exports`,         '202 202 202 404 404 404', { body: { format: 'csv' } }],
  ['follow own export',       `GET ${EXPORT}`,               '200 200 200 404 404 404', { target: ownExport }],
  ['follow another’s export', `GET ${EXPORT}`,               '404 404 404 404 404 404', { target: someoneElsesExport }],
  ['download own export',     `GET ${EXPORT}/download`,      '200 200 200 404 404 404', { target: ownExport }],
  ['download another’s',      `GET ${EXPORT}/download`,      '404 404 404 404 404 404', { target: someoneElsesExport }],
  ['message a member',        `POST ${ALL}/messages`,        '201 201 201 404 404 404', { body: { to: 'member', body: 'Lunch?' } }],
  ['publish an event',        `POST ${ALL}/events`,          '202 202 403 404 404 404', { body: { event_type: 'invoice.paid', data: {} } }],
  ['publish many events',     `POST ${ALL}/events/batch`,    '202 202 403 404 404 404', { body: { events: [{ event_type: 'invoice.paid', data: {} }] } }],
  ['notify every member',     `POST ${ALL}/notifications`,   '202 202 403 404 404 404', { body: { notification: { title: 'Lunch' } } }],
  ['see who is connected',    `GET ${ALL}/presence`,         '200 200 200 404 404 404'],
];

describe('an organization', () => {
  it.each(TABLE)('lets only the right roles %s: %s %s', async (_, route, statuses, how = {}) => {
    const { body, target } = how;
    const [method = '', path = ''] = route.split(' ');
    const got = new Map<Actor, number>();
    for (const actor of TRIES) {
      const filled = pathOf({ path: `/api/v1${path}` }, { org_id: orgId, ...(await target?.(actor)) });
      // A different newcomer for each actor; otherwise the second attempt would conflict.
      const own = body instanceof Newcomer ? body.of(actor) : body;
      const answer = await clients[actor].request(method, filled, own && JSON.stringify(own));
      got.set(actor, answer.status);
    }
    expect(ACTORS.map((actor) => got.get(actor)).join(' ')).toBe(statuses);
  });

  it.each<[Actor, boolean]>([
    ['owner', true],
    ['admin', true],
    ['member', true],
    ['former', false],
    ['stranger', false],
    ['realtime-admin', false],
  ])('admits the %s to its events: %p', async (actor, isAdmitted) => {
    const client = await node.connect(`/ws/events/${orgId}/`, actor, rolesOf(actor));
    if (isAdmitted) expect(await client.next()).toMatchObject({ type: 'connection.established', org_id: orgId });
    else expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
  });
});

describe('a route of an organization', () => {
  it('admits exactly the roles that its decorators allow', async () => {
    const api = await DocumentedApi.of(node);
    const world = new ExampleWorld(node, api, clients.owner, ['bob', 'member']);
    const { org_id = '' } = await world.idsIn(`${ORGS}/{org_id}`);
    await clients.owner.post(`${ORGS}/${org_id}/members`, { user_id: 'admin', role: 'admin' });
    // The route that deletes the organization comes last.
    const routes = orgRoutesOf(node.app, api).sort((one, other) => other.path.length - one.path.length);
    const mistakes: string[] = [];
    for (const route of routes) {
      const ids = await world.idsFor(route);
      const body = bodyOf(route, ids);
      const sent = body === null ? undefined : JSON.stringify(body);
      for (const actor of TRIES) {
        const answer = await clients[actor].request(route.method, pathOf(route, ids), sent);
        const role = ORG_ROLES.find((each) => each === actor) ?? null;
        mistakes.push(...guardMistakes(route, role, answer));
      }
    }
    expect(mistakes).toEqual([]);
  });
});
