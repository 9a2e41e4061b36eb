import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { type Snapshot, snapshotOf } from './support/database-snapshot.js';
import {
  askExactly,
  type ExactAnswer,
  type OrgRoute,
  orgRoutesOf,
  pathOf,
  type PathValues,
} from './support/org-routes.js';
import { settle, type Tenant } from './support/tenant.js';
import { type Herald, twoHeralds } from './support/herald.js';
import { closeAllClients, connect } from './support/ws-client.js';

/** A good body for every route that takes one, and for the others that they take none. A new route needs its line here. */
const BODIES: Record<string, object | null> = {
  'GET /orgs/:org_id': null,
  'PATCH /orgs/:org_id': { name: 'Taken over' },
  'DELETE /orgs/:org_id': null,
  'GET /orgs/:org_id/members': null,
  'POST /orgs/:org_id/members': { user_id: 'intruder', role: 'owner' },
  'PATCH /orgs/:org_id/members/:user_id': { role: 'member' },
  'DELETE /orgs/:org_id/members/:user_id': null,
  'POST /orgs/:org_id/resources': { name: 'Trojan horse' },
  'GET /orgs/:org_id/resources': null,
  'GET /orgs/:org_id/resources/:id': null,
  'PATCH /orgs/:org_id/resources/:id': { name: 'Defaced' },
  'DELETE /orgs/:org_id/resources/:id': null,
  'POST /orgs/:org_id/resources/:id/comments': { body: 'I was here, @ours-owner @theirs-owner' },
  'GET /orgs/:org_id/resources/:id/comments': null,
  'POST /orgs/:org_id/messages': { to: 'theirs-member', body: 'Click here' },
  'POST /orgs/:org_id/exports': { format: 'csv' },
  'GET /orgs/:org_id/exports/:id': null,
  'GET /orgs/:org_id/exports/:id/download': null,
  'POST /orgs/:org_id/events': { event_type: 'invoice.paid', data: {} },
  'GET /orgs/:org_id/presence': null,
};

let one: Herald;
let two: Herald;
let exportsDir: string;
let dataSource: DataSource;
let routes: OrgRoute[];
/** Whose promise is held here, and the neighbours, who have the same names for everything. */
let theirs: Tenant;
let ours: Tenant;
/** Of users who are no members of `theirs`. */
let outsiders: Map<string, string>;

beforeAll(async () => {
  exportsDir = await mkdtemp(join(tmpdir(), 'herald-exports-'));
  const further = { RUN_JOBS: 'true', EXPORTS_DIR: exportsDir, HTTP_RATE_LIMIT_PER_MINUTE: '0' };
  [one, two] = await twoHeralds(further);
  dataSource = one.app.get(DataSource);
  routes = orgRoutesOf(one.app);
  [theirs, ours] = [await settle(one, 'theirs'), await settle(one, 'ours')];
  await theirs.owner.post(`/orgs/${theirs.orgId}/members`, { user_id: 'former', role: 'admin' });
  await theirs.owner.delete(`/orgs/${theirs.orgId}/members/former`);
  // Somebody who is at home in both, and has an export in the one.
  await ours.owner.post(`/orgs/${ours.orgId}/members`, { user_id: theirs.ownerId, role: 'owner' });
  const names = ['stranger', 'former', ours.memberId, ours.ownerId];
  outsiders = new Map(await Promise.all(names.map(async (name) => [name, await one.tokenFor(name)] as const)));
  // Who is seen for the first time is written down.
  for (const name of names) await (await one.api(name)).get('/orgs');
});
afterEach(closeAllClients);
afterAll(async () => {
  await one.stop();
  await rm(exportsDir, { recursive: true });
});

function valuesOf({ path }: OrgRoute, { orgId, resourceId, exportId, memberId }: Tenant): PathValues {
  return { org_id: orgId, id: path.includes('/exports/') ? exportId : resourceId, user_id: memberId };
}

function ask(token: string, { method, key }: OrgRoute, path: string, body = BODIES[key] ?? undefined) {
  return askExactly(one.url, token, method, path, body);
}

/** All of it but the path that was asked for. */
function withoutInstance({ status, type, body }: ExactAnswer): unknown {
  return { status, type, problem: { ...(JSON.parse(body) as object), instance: null } };
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

/** Runs a test and shows that it has changed no row of the database. */
async function changingNothing(work: () => Promise<void>): Promise<void> {
  const before: Snapshot = await snapshotOf(dataSource);
  await work();
  expect(await snapshotOf(dataSource)).toEqual(before);
}

describe('a route of an organization', () => {
  it('is known to this test, whichever it is', () => {
    expect(routes.map(({ key }) => key).sort()).toEqual(Object.keys(BODIES).sort());
  });

  it.each(['stranger', 'former', 'ours-member', 'ours-owner'])(
    // @abuse PUB-15
    'tells %s the same as for an organization that does not exist, and does nothing',
    async (name) => {
      const token = outsiders.get(name) ?? '';
      await changingNothing(async () => {
        for (const route of routes) {
          const unknown = { org_id: randomUUID(), id: randomUUID(), user_id: 'nobody' };
          const answers = [
            await ask(token, route, pathOf(route, unknown)),
            await ask(token, route, pathOf(route, valuesOf(route, theirs))),
            await ask(token, route, pathOf(route, { ...valuesOf(route, theirs), org_id: theirs.orgId.toUpperCase() })),
            // The own things under the foreign organization.
            await ask(token, route, pathOf(route, { ...valuesOf(route, ours), org_id: theirs.orgId })),
            // What is wrong with the request must not tell more.
            await ask(token, route, pathOf(route, valuesOf(route, theirs)), { nonsense: 1 }),
            await ask(token, route, `${pathOf(route, valuesOf(route, theirs))}?limit=0&nonsense=1`),
          ];
          expect({ [route.key]: answers.map(withoutInstance) }).toEqual({ [route.key]: answers.map(() => NOT_FOUND) });
        }
      });
    },
  );

  it('does not find what is another organization’s, in the own organization, not even for who is in both', async () => {
    await changingNothing(async () => {
      for (const route of routes.filter(({ path }) => /:(?!org_id)/.test(path))) {
        const foreign = { ...valuesOf(route, theirs), org_id: ours.orgId };
        const unknown = { org_id: ours.orgId, id: randomUUID(), user_id: 'nobody' };
        for (const name of ['ours-member', 'ours-owner', theirs.ownerId]) {
          const token = await one.tokenFor(name);
          const answers = [
            await ask(token, route, pathOf(route, foreign)),
            await ask(token, route, pathOf(route, unknown)),
          ].map(withoutInstance);
          expect(answers[0]).toEqual(answers[1]);
          // A plain member may change nobody, be it a member or not.
          const isForbidden = name === 'ours-member' && route.path.endsWith('/members/:user_id');
          expect({ [route.key]: answers[0] }).toMatchObject({ [route.key]: { status: isForbidden ? 403 : 404 } });
        }
      }
    });
  });

  it('names nobody of another organization: neither in messages nor in mentions', async () => {
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

describe('the endpoints', () => {
  it.each(['stranger', 'former', 'ours-member', 'ours-owner'])(
    // @abuse AUTHZ-01
    'are shut to %s as if there was nothing',
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

  it('take whose notifications they show from the token alone', async () => {
    const token = outsiders.get('stranger') ?? '';
    const url = `${one.wsUrl}/ws/notifications/?user_id=theirs-owner&org_id=${theirs.orgId}`;
    expect(await (await connect(url, { token })).next()).toMatchObject({ user_id: 'stranger' });
  });
});

describe('an odd id', () => {
  const ODD = [
    '%00',
    '%27',
    "'%20OR%201=1--",
    '%20',
    '%09',
    '..',
    '%2e%2e',
    '..%2F..',
    '.',
    '*',
    '-1',
    '0',
    'null',
    'undefined',
    '__proto__',
    '%C3%28',
    '%',
    '%ud800',
    'x'.repeat(5_000),
    '%F0%9F%8E%89',
    '00000000-0000-0000-0000-000000000000',
  ];

  /** Made of the real id, so that a lenient database would take it for that. */
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

  it('is not found, or refused, wherever it stands, and never breaks anything', async () => {
    const token = outsiders.get(ours.ownerId) ?? '';
    const wrong: string[] = [];
    await changingNothing(async () => {
      for (const route of routes) {
        const good = valuesOf(route, ours);
        for (const [, name = ''] of route.path.matchAll(/:(\w+)/g)) {
          const odd = name === 'user_id' ? ODD : [...ODD, ...around(good[name] ?? '')];
          for (const id of odd) {
            const answer = await ask(token, route, pathOf(route, { ...good, [name]: id }));
            const isProblem = answer.type.startsWith('application/problem+json');
            if (!isProblem || ![400, 404].includes(answer.status)) {
              wrong.push(`${route.key}, ${name}=${id.slice(0, 60)}: ${answer.status} ${answer.body.slice(0, 200)}`);
            }
          }
        }
      }
    });
    expect(wrong).toEqual([]);
  });

  it('that is the real one in capitals is the real one', async () => {
    const token = outsiders.get(ours.ownerId) ?? '';
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const { user_id, ...ids } = valuesOf(route, ours);
      const capitals = Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, id.toUpperCase()]));
      const answer = await ask(token, route, pathOf(route, { user_id: user_id ?? '', ...ids }));
      expect(answer.status).toBe(200);
      expect(await ask(token, route, pathOf(route, { user_id: user_id ?? '', ...capitals }))).toEqual(answer);
    }
  });
});
