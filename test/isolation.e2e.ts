import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { type Snapshot, snapshotOf } from './support/database-snapshot.js';
import { DocumentedApi } from './support/documented-api.js';
import { askExactly, type ExactAnswer } from './support/exact-request.js';
import { bodyOf, type Ids, idsInPath, pathOf } from './support/example-request.js';
import { type Herald, twoHeralds } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { type OrgRoute, orgRoutesOf } from './support/org-routes.js';
import { settle, type Tenant } from './support/tenant.js';
import { WidgetsModule } from './support/widgets.js';
import { closeAllClients, connect } from './support/ws-client.js';

let one: Herald;
let two: Herald;
let dataSource: DataSource;
let routes: OrgRoute[];
/** The organization under attack, and its neighbour, which uses the same names for everything. */
let theirs: Tenant;
let ours: Tenant;
/** The ids of their contents, by the routes that name them. */
const things = new Map<Tenant, Map<OrgRoute, Ids>>();
/** Tokens of users who are not members of `theirs`. */
let outsiders: Map<string, string>;

beforeAll(async () => {
  [one, two] = await twoHeralds({ RUN_JOBS: 'true' }, { features: [WidgetsModule] });
  dataSource = one.app.get(DataSource);
  routes = orgRoutesOf(one.app, await DocumentedApi.of(one));
  [theirs, ours] = [await settle(one, 'theirs'), await settle(one, 'ours')];
  for (const tenant of [theirs, ours]) {
    const entries = routes.map(async (route) => [route, await tenant.world.idsFor(route)] as const);
    things.set(tenant, new Map(await Promise.all(entries)));
  }
  await theirs.owner.post(`/orgs/${theirs.orgId}/members`, { user_id: 'former', role: 'admin' });
  await theirs.owner.delete(`/orgs/${theirs.orgId}/members/former`);
  // A user who owns both, and has an export in one.
  await ours.owner.post(`/orgs/${ours.orgId}/members`, { user_id: theirs.ownerId, role: 'owner' });
  const names = ['stranger', 'former', ours.memberId, ours.ownerId];
  outsiders = new Map(await Promise.all(names.map(async (name) => [name, await one.tokenFor(name)] as const)));
  // The first request of a user stores a row.
  for (const name of names) await (await one.api(name)).get('/orgs');
});
afterEach(closeAllClients);
afterAll(() => one.stop());

function idsOf(route: OrgRoute, tenant: Tenant): Ids {
  return things.get(tenant)?.get(route) ?? {};
}

function unknownIds(route: OrgRoute): Ids {
  return Object.fromEntries(idsInPath(route).map(({ name, isUuid }) => [name, isUuid ? randomUUID() : 'nobody']));
}

function ask(token: string, route: OrgRoute, path: string, body: object | null = bodyOf(route, {})) {
  return askExactly(one.url, token, route.method, path, body);
}

async function forEachRoute(work: (route: OrgRoute) => Promise<void>, of: readonly OrgRoute[] = routes): Promise<void> {
  await inTurns(of.length, 8, async (n) => {
    const route = of[n];
    if (route !== undefined) await work(route);
  });
}

/** The answer without the requested path. */
function withoutInstance({ status, type, body }: ExactAnswer): unknown {
  return { status, type, problem: type.includes('json') ? { ...(JSON.parse(body) as object), instance: null } : body };
}

const NOT_FOUND = {
  status: 404,
  type: expect.stringMatching(/^application\/problem\+json/),
  problem: {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'There is no such organization.',
    instance: null,
  },
};

/** Runs a test, and verifies that it changed no row of the database. */
async function changingNothing(work: () => Promise<void>): Promise<void> {
  const before: Snapshot = await snapshotOf(dataSource);
  await work();
  expect(await snapshotOf(dataSource)).toEqual(before);
}

describe('a route of an organization', () => {
  it.each(['stranger', 'former', 'ours-member', 'ours-owner'])(
    // @abuse PUB-15
    'answers %s as if the organization did not exist, and does nothing',
    async (name) => {
      const token = outsiders.get(name) ?? '';
      await changingNothing(async () => {
        await forEachRoute(async (route) => {
          const foreign = idsOf(route, theirs);
          const answers = [
            await ask(token, route, pathOf(route, unknownIds(route))),
            await ask(token, route, pathOf(route, foreign)),
            await ask(token, route, pathOf(route, { ...foreign, org_id: theirs.orgId.toUpperCase() })),
            // Ids of their own organization under the foreign one.
            await ask(token, route, pathOf(route, { ...idsOf(route, ours), org_id: theirs.orgId })),
            // An invalid request must not reveal more.
            await ask(token, route, pathOf(route, foreign), { nonsense: 1 }),
            await ask(token, route, `${pathOf(route, foreign)}?limit=0&nonsense=1`),
          ];
          expect({ [route.key]: answers.map(withoutInstance) }).toEqual({ [route.key]: answers.map(() => NOT_FOUND) });
        });
      });
    },
  );

  it('does not find another organization’s contents within one’s own, even for a member of both', async () => {
    const names = ['ours-member', 'ours-owner', theirs.ownerId];
    const tokens = await Promise.all(names.map((name) => one.tokenFor(name)));
    await changingNothing(async () => {
      await forEachRoute(async (route) => {
        if (idsInPath(route).length === 1) return;
        const foreign = { ...idsOf(route, theirs), org_id: ours.orgId };
        const unknown = { ...unknownIds(route), org_id: ours.orgId };
        for (const [index, token] of tokens.entries()) {
          const answers = [
            await ask(token, route, pathOf(route, foreign)),
            await ask(token, route, pathOf(route, unknown)),
          ].map(withoutInstance);
          expect(answers[0]).toEqual(answers[1]);
          // A request that a plain member may never make is refused before the lookup.
          const isForbidden = names[index] === 'ours-member' && route.statuses.includes(403);
          expect({ [route.key]: answers[0] }).toMatchObject({ [route.key]: { status: isForbidden ? 403 : 404 } });
        }
      });
    });
  });

  it('does not reach users outside the organization, by messages or mentions', async () => {
    const { orgId, resourceId, owner } = ours;
    await changingNothing(async () => {
      for (const to of [theirs.memberId, 'former', 'nobody']) {
        const { status, body } = await owner.post(`/orgs/${orgId}/messages`, { to, body: 'Hello' });
        expect({ status, detail: body.detail }).toEqual({ status: 404, detail: 'There is no such member.' });
      }
    });
    const before = await notificationsOf(theirs.memberId);
    const comment = { body: `@${theirs.memberId} @former @stranger, look` };
    expect((await owner.post(`/orgs/${orgId}/resources/${resourceId}/comments`, comment)).status).toBe(201);
    expect(await notificationsOf(theirs.memberId)).toEqual(before);
    expect(await notificationsOf('stranger')).toEqual([]);
  });

  it('never shows ids of another organization', async () => {
    const foreign = [...(things.get(theirs)?.values() ?? [])].flatMap((ids) => Object.values(ids)).filter(isUuid);
    await forEachRoute(async (route) => {
      if (route.method !== 'GET') return;
      const { body } = await ask(await one.tokenFor(ours.ownerId), route, pathOf(route, idsOf(route, ours)));
      expect({ [route.key]: foreign.filter((id) => body.includes(id)) }).toEqual({ [route.key]: [] });
    });
  });

  it('lists nothing of another organization', async () => {
    const { items } = (await ours.owner.get('/orgs')).body as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual([ours.orgId]);
    const resources = (await ours.member.get(`/orgs/${ours.orgId}/resources`)).body as { items: { id: string }[] };
    expect(resources.items.map(({ id }) => id)).toEqual([ours.resourceId]);
  });
});

async function notificationsOf(userId: string): Promise<unknown[]> {
  return (await (await one.api(userId)).get('/notifications')).body.items as unknown[];
}

describe('the realtime endpoints', () => {
  it.each(['stranger', 'former', 'ours-member', 'ours-owner'])(
    // @abuse AUTHZ-01
    'reject %s as if the organization did not exist',
    async (name) => {
      const token = outsiders.get(name) ?? '';
      for (const orgId of [theirs.orgId, theirs.orgId.toUpperCase(), randomUUID()]) {
        for (const query of ['', '?presence=true', '?cursor=', `?org_id=${ours.orgId}`]) {
          const client = await connect(`${two.wsUrl}/ws/events/${orgId}/${query}`, { token });
          expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
          expect(client.received).toEqual([]);
        }
      }
    },
  );

  it('take the user for notifications from the token alone', async () => {
    const token = outsiders.get('stranger') ?? '';
    const url = `${one.wsUrl}/ws/notifications/?user_id=theirs-owner&org_id=${theirs.orgId}`;
    expect(await (await connect(url, { token })).next()).toMatchObject({ user_id: 'stranger' });
  });
});

describe('an odd id', () => {
  const ODD = [
    ...['%00', '%27', "'%20OR%201=1--", '%20', '%09', '%', '%C3%28', '%ud800', '%F0%9F%8E%89', 'x'.repeat(5_000)],
    ...['..', '%2e%2e', '..%2F..', '.', '*', '-1', '0', 'null', 'undefined', '__proto__'],
    '00000000-0000-0000-0000-000000000000',
  ];

  /** Variants of the real id that a lenient database might accept. */
  const around = (id: string): string[] => [
    `%7B${id}%7D`,
    `%20${id}`,
    `${id}%20`,
    `${id}%00`,
    `${id}x`,
    id.replaceAll('-', ''),
    `urn:uuid:${id}`,
    `${id},${id}`,
  ];

  it('is refused or not found anywhere, and never causes an error', async () => {
    const token = outsiders.get(ours.ownerId) ?? '';
    const wrong: string[] = [];
    await changingNothing(async () => {
      await forEachRoute(async (route) => {
        const good = idsOf(route, ours);
        for (const { name, isUuid } of idsInPath(route)) {
          const odd = isUuid ? [...ODD, ...around(good[name] ?? '')] : ODD;
          for (const id of odd) {
            const answer = await ask(token, route, pathOf(route, { ...good, [name]: id }));
            const isProblem = answer.type.startsWith('application/problem+json');
            if (!isProblem || ![400, 404].includes(answer.status)) {
              wrong.push(`${route.key}, ${name}=${id.slice(0, 60)}: ${answer.status} ${answer.body.slice(0, 200)}`);
            }
          }
        }
      });
    });
    expect(wrong).toEqual([]);
  });

  it('in capitals is equivalent to the original', async () => {
    const token = outsiders.get(ours.ownerId) ?? '';
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const ids = idsOf(route, ours);
      const uuids = idsInPath(route).filter(({ isUuid }) => isUuid);
      const capitals = Object.fromEntries(uuids.map(({ name }) => [name, ids[name]?.toUpperCase() ?? '']));
      const answer = await ask(token, route, pathOf(route, ids));
      expect(answer.status).toBe(200);
      expect(await ask(token, route, pathOf(route, { ...ids, ...capitals }))).toEqual(answer);
    }
  });
});
