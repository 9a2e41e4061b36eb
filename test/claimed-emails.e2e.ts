import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import { type Herald, herald } from './support/herald.js';
import { type Jwks, startJwks } from './support/keys.js';
import { closeAllClients } from './support/ws-client.js';

const EMAIL = 'bob@example.com';

let jwks: Jwks;
let node: Herald;

beforeAll(async () => {
  jwks = await startJwks();
  node = await herald({ KEYCLOAK_JWKS_URL: jwks.url });
});
afterEach(closeAllClients);
afterAll(async () => {
  await node.stop();
  await jwks.stop();
});

const tokenOf = (userId: string, claims = {}): Promise<string> => jwks.sign(userId, { claims });

describe('an unverified e-mail', () => {
  it('is neither shown nor matched by mentions, and removes the verified one', async () => {
    const owner = await node.api('owner', { token: await tokenOf('owner') });
    const orgId = String((await owner.post('/orgs', { name: 'Acme' })).body.id);
    const claims: [string, object][] = [
      ['bob', { email: EMAIL, email_verified: true }],
      ['mallory', { email: EMAIL, email_verified: true }],
      ['mallory', { email: EMAIL, email_verified: false }],
      ['eve', { email: EMAIL, email_verified: 'false' }],
      ['carol', { email: 'carol@example.com' }],
    ];
    for (const [userId, each] of claims) {
      await (await node.api(userId, { token: await tokenOf(userId, each) })).get('/orgs');
      await owner.post(`/orgs/${orgId}/members`, { user_id: userId });
    }
    const { items } = (await owner.get(`/orgs/${orgId}/members`)).body as {
      items: { user_id: string; email: string }[];
    };
    expect(Object.fromEntries(items.map(({ user_id, email }) => [user_id, email]))).toMatchObject({
      bob: EMAIL,
      mallory: null,
      eve: null,
      carol: 'carol@example.com',
    });

    await flushOutbox(node.app);
    const inboxes = await Promise.all(
      ['bob', 'mallory'].map(async (userId) =>
        node.join('/ws/notifications/', userId, { token: await tokenOf(userId) }),
      ),
    );
    const { id } = (await owner.post(`/orgs/${orgId}/resources`, { name: 'Report' })).body as { id: string };
    await owner.post(`/orgs/${orgId}/resources/${id}/comments`, { body: `@${EMAIL} look` });
    await owner.post(`/orgs/${orgId}/resources/${id}/comments`, { body: '@mallory @bob both' });
    const [bob, mallory] = inboxes;
    expect([await bob?.next(), await bob?.next()]).toMatchObject([
      { notification: { type: 'mention.received' } },
      { notification: { type: 'mention.received' } },
    ]);
    await mallory?.next();
    const first = (await (await node.api('mallory', { token: await tokenOf('mallory') })).get('/notifications')).body;
    expect(first.items.filter(({ type }: { type?: string }) => type === 'mention.received')).toHaveLength(1);
  });
});

describe('a mention', () => {
  it('matches a name in any Unicode normalization form, and no other name with the same beginning', async () => {
    const owner = await node.api('owner', { token: await tokenOf('owner') });
    const orgId = String((await owner.post('/orgs', { name: 'Acme' })).body.id);
    const [composed, decomposed] = ['jos\u00e9', 'jose\u0301'];
    for (const userId of [composed, 'jose']) await owner.post(`/orgs/${orgId}/members`, { user_id: userId });
    const { id } = (await owner.post(`/orgs/${orgId}/resources`, { name: 'Report' })).body as { id: string };
    await owner.post(`/orgs/${orgId}/resources/${id}/comments`, { body: `Hello @${decomposed}!` });
    const mentionsOf = async (userId: string): Promise<unknown[]> => {
      const api = await node.api(userId, { token: await tokenOf(userId) });
      const { items } = (await api.get('/notifications')).body as { items: { type?: string; org_id?: string }[] };
      return items.filter(({ type, org_id }) => type === 'mention.received' && org_id === orgId);
    };
    expect(await mentionsOf(composed)).toHaveLength(1);
    expect(await mentionsOf('jose')).toHaveLength(0);
  });
});
