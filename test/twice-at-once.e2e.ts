import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { ApiAnswer, ApiClient } from './support/api-client.js';
import { type Herald, twoHeralds } from './support/herald.js';

const TIMES = 12;

/** Deletes the conflicting notification after the insert finds it, and before the next statement reads it. */
const DELETE_WHAT_STANDS_IN_THE_WAY = `
  CREATE FUNCTION delete_what_stands_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NOT EXISTS (SELECT FROM inserted) THEN DELETE FROM notifications WHERE dedupe_key = 'dedupe:again'; END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER deleting AFTER INSERT ON notifications REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION delete_what_stands_in_the_way()`;

/** Clients of one user, one for each node. */
type Pair = [ApiClient, ApiClient];

let nodes: [Herald, Herald];
let admins: Pair;
let owners: Pair;
let org: string;

beforeAll(async () => {
  nodes = await twoHeralds();
  admins = await apis('root', ['realtime-admin']);
  owners = await apis('alice');
  org = (await owners[0].post('/orgs', { name: 'Acme' })).body.id;
});

afterAll(() => nodes[0].stop());

function apis(userId: string, roles: string[] = []): Promise<Pair> {
  const [one, other] = nodes;
  return Promise.all([one.api(userId, { roles }), other.api(userId, { roles })]);
}

/** The statuses of concurrent requests, alternating between the nodes. */
async function atOnce([one, other]: Pair, ask: (api: ApiClient, number: number) => Promise<ApiAnswer>) {
  const requests = Array.from({ length: TIMES }, (_, number) => ask(number % 2 === 0 ? one : other, number));
  return (await Promise.all(requests)).map(({ status }) => status).toSorted((a, b) => a - b);
}

const all = (status: number) => Array.from({ length: TIMES }, () => status);
const oneOf = (status: number, others: number) =>
  [status, ...all(others).slice(1)].toSorted((one, other) => one - other);

describe('concurrent first writes on two nodes', () => {
  // This is a race, so several users try it.
  it('of preferences all succeed, and one value remains', async () => {
    for (let round = 0; round < 5; round += 1) {
      const clients = await apis(randomUUID());
      const statuses = await atOnce(clients, (api, number) =>
        api.request('PUT', '/notifications/preferences', JSON.stringify({ muted: [`type.${number}`] })),
      );
      expect(statuses).toEqual(all(200));
      const { muted } = (await clients[0].get('/notifications/preferences')).body;
      expect(muted).toEqual([expect.stringMatching(/^type\.\d+$/)]);
    }
  });

  it('of a user’s first requests all succeed', async () => {
    const clients = await apis(randomUUID());
    expect(await atOnce(clients, (api) => api.get('/orgs'))).toEqual(all(200));
  });

  it('of a notification with a dedupe_key keep one', async () => {
    const body = { user_id: randomUUID(), notification: { title: 'Once' }, dedupe_key: 'once' };
    expect(await atOnce(admins, (api) => api.post('/notifications', body))).toEqual(oneOf(201, 200));
  });

  it('of a membership create one; the others are conflicts', async () => {
    const body = { user_id: randomUUID() };
    expect(await atOnce(owners, (api) => api.post(`/orgs/${org}/members`, body))).toEqual(oneOf(201, 409));
  });
});

describe('concurrent last writes on two nodes', () => {
  it('of a membership delete it once', async () => {
    const user = randomUUID();
    await owners[0].post(`/orgs/${org}/members`, { user_id: user });
    expect(await atOnce(owners, (api) => api.delete(`/orgs/${org}/members/${user}`))).toEqual(oneOf(204, 404));
  });

  it('of a resource delete it once', async () => {
    const { id } = (await owners[0].post(`/orgs/${org}/resources`, { name: 'Plan' })).body;
    expect(await atOnce(owners, (api) => api.delete(`/orgs/${org}/resources/${id}`))).toEqual(oneOf(204, 404));
  });
});

it('a dedupe_key notifies again if its notification is deleted while it is repeated', async () => {
  const [admin] = admins;
  const body = { user_id: randomUUID(), notification: { title: 'Again' }, dedupe_key: 'again' };
  const first = await admin.post('/notifications', body);
  const database = nodes[0].app.get(DataSource);
  await database.query(DELETE_WHAT_STANDS_IN_THE_WAY);
  const second = await admin.post('/notifications', body);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body.id).not.toBe(first.body.id);
});
