import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const UNKNOWN = '01997a6e-7e3f-7000-8000-000000000000';
const ALERT = { message: 'The service is restarted at 22:00 UTC', severity: 'warning' };

let node: Herald;
let admin: ApiClient;
let alice: ApiClient;
let org: string;
let other: string;

beforeAll(async () => {
  node = await herald();
  admin = await node.api('operator', { roles: ['realtime-admin'] });
  alice = await node.api('alice');
});

beforeEach(async () => {
  org = await node.organization('alice');
  other = await node.organization('alice');
});

afterEach(closeAllClients);

afterAll(() => node.stop());

const listening = (orgId: string): Promise<TestClient> => node.join(`/ws/events/${orgId}/`, 'alice');

describe('an alert', () => {
  it('reaches the members of an organization, and nobody else', async () => {
    const [events, elsewhere] = [await listening(org), await listening(other)];
    const { status, body } = await admin.post('/alerts', { ...ALERT, alert_type: 'maintenance', org_id: org });
    expect(status).toBe(202);
    expect(body).toEqual({ ...ALERT, alert_type: 'maintenance', timestamp: TIME });
    expect(await events.next()).toEqual({
      type: 'event',
      event_type: 'system.alert',
      data: body,
      cursor: expect.any(String),
    });
    await alice.post(`/orgs/${other}/resources`, { name: 'Report' });
    expect(await elsewhere.next()).toMatchObject({ event_type: 'resource.created' });
  });

  it('has the default type `general`, and accepts the organization id in capitals', async () => {
    const events = await listening(org);
    expect((await admin.post('/alerts', { ...ALERT, org_id: org.toUpperCase() })).status).toBe(202);
    expect(await events.next()).toMatchObject({ data: { ...ALERT, alert_type: 'general' } });
  });

  it('requires the realm role realtime-notify or realtime-admin', async () => {
    expect((await alice.post('/alerts', { ...ALERT, org_id: org })).status).toBe(403);
    expect((await alice.post('/alerts', {})).status).toBe(403);
    const nobody = await node.api('nobody', { token: 'nonsense' });
    expect((await nobody.post('/alerts', { ...ALERT, org_id: org })).status).toBe(401);
  });

  it('is refused for an unknown organization', async () => {
    expect((await admin.post('/alerts', { ...ALERT, org_id: UNKNOWN })).status).toBe(404);
  });

  it.each([
    ['message', { severity: 'info' }],
    ['message', { severity: 'info', message: ' ' }],
    ['message', { severity: 'info', message: 5 }],
    ['message', { severity: 'info', message: 'x'.repeat(2_001) }],
    ['severity', { message: 'a' }],
    ['severity', { message: 'a', severity: 'fatal' }],
    ['alert_type', { ...ALERT, alert_type: '' }],
    ['alert_type', { ...ALERT, alert_type: null }],
    ['alert_type', { ...ALERT, alert_type: 'x'.repeat(101) }],
    ['org_id', { ...ALERT, org_id: 'nonsense' }],
    ['org_id', { ...ALERT, org_id: null }],
    ['user_id', { ...ALERT, user_id: 'alice' }],
  ])('is refused if %s is invalid: %#', async (field, body) => {
    const answer = await admin.post('/alerts', { org_id: org, ...body });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field }]);
  });

  it('without an organization notifies every connected user, and is not kept in inboxes', async () => {
    const clients = await Promise.all(['dora', 'emil'].map((userId) => node.join('/ws/notifications/', userId)));
    expect((await admin.post('/alerts', { ...ALERT, severity: 'critical' })).status).toBe(202);
    for (const client of clients) {
      expect(await client.next()).toMatchObject({
        type: 'notification',
        notification: { title: 'Critical alert', type: 'system.alert', alert_type: 'general', severity: 'critical' },
      });
    }
    expect((await (await node.api('dora')).get('/notifications')).body.items).toEqual([]);
  });
});
