import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { deployed, embedded, type World } from './support/world.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

describe.each([
  ['two nodes', deployed],
  ['one node on embedded defaults', embedded],
])('a call that names its connection, on %s', (_, start) => {
  let world: World;
  let alice: ApiClient;
  let bob: ApiClient;
  let orgId: string;

  beforeAll(async () => {
    world = await start();
    alice = new ApiClient(world.nodes[0].url, await world.tokenOf('alice'));
    bob = new ApiClient(world.nodes[0].url, await world.tokenOf('bob'));
    orgId = (await alice.post('/orgs', { name: 'Acme' })).body.id;
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob', role: 'admin' });
  });
  afterEach(closeAllClients);
  afterAll(() => world.stop());

  async function join(userId: string): Promise<TestClient> {
    const url = `${world.nodes[1].wsUrl}/ws/events/${orgId}/`;
    const client = await connect(url, { token: await world.tokenOf(userId) });
    await client.next();
    return client;
  }

  function create(api: ApiClient, name: string, from: TestClient): Promise<unknown> {
    const headers = { 'X-Connection-Id': String(from.received[0]?.connection_id) };
    return api.request('POST', `/orgs/${orgId}/resources`, JSON.stringify({ name }), headers);
  }

  it('is told to everybody but that connection', async () => {
    const [own, other, bobs] = [await join('alice'), await join('alice'), await join('bob')];
    await create(alice, 'Mine', own);
    await alice.post(`/orgs/${orgId}/resources`, { name: 'Later' });
    for (const client of [other, bobs]) expect(await client.next()).toMatchObject({ data: { resource_name: 'Mine' } });
    expect(await own.next()).toMatchObject({ data: { resource_name: 'Later' } });
  });

  it('keeps nothing from somebody else’s connection', async () => {
    const client = await join('alice');
    await create(bob, 'Bob’s', client);
    expect(await client.next()).toMatchObject({ data: { resource_name: 'Bob’s' } });
  });

  it('still closes that connection when the membership ends', async () => {
    const client = await join('bob');
    const headers = { 'X-Connection-Id': String(client.received[0]?.connection_id) };
    await bob.request('DELETE', `/orgs/${orgId}/members/bob`, undefined, headers);
    expect(await client.closed()).toMatchObject({ code: 4003 });
  });
});
