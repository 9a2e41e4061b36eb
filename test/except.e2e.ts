import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { type Herald, ONE_AND_MANY } from './support/herald.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

describe.each(ONE_AND_MANY)('a call that names its connection, on %s', (_, start) => {
  let one: Herald;
  let two: Herald;
  let alice: ApiClient;
  let bob: ApiClient;
  let orgId: string;

  beforeAll(async () => {
    [one, two] = await start();
    alice = await one.api('alice');
    bob = await one.api('bob');
    orgId = await one.organization('alice', ['bob']);
    await alice.patch(`/orgs/${orgId}/members/bob`, { role: 'admin' });
  });
  afterEach(closeAllClients);
  afterAll(() => one.stop());

  const join = (userId: string): Promise<TestClient> => two.join(`/ws/events/${orgId}/`, userId);

  function create(api: ApiClient, name: string, from: TestClient): Promise<unknown> {
    const headers = { 'X-Connection-Id': String(from.received[0]?.connection_id) };
    return api.request('POST', `/orgs/${orgId}/resources`, JSON.stringify({ name }), headers);
  }

  it('is published to everyone but that connection', async () => {
    const [own, other, bobs] = [await join('alice'), await join('alice'), await join('bob')];
    await create(alice, 'Mine', own);
    await alice.post(`/orgs/${orgId}/resources`, { name: 'Later' });
    for (const client of [other, bobs]) expect(await client.next()).toMatchObject({ data: { resource_name: 'Mine' } });
    expect(await own.next()).toMatchObject({ data: { resource_name: 'Later' } });
  });

  it('cannot exclude another user’s connection', async () => {
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
