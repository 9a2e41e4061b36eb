import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectNotifications, connectOrgEvents } from '@herald/client';
import { WebSocket } from 'ws';
import { type HeraldNode, startNode } from '../support/node.js';
import { until } from '../support/until.js';

let node: HeraldNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

describe('a client', () => {
  it('connects and hears', async () => {
    const api = await node.api('alice');
    const orgId: string = (await api.post('/orgs', { name: 'Acme' })).body.id;
    const connection = connectOrgEvents(orgId, { url: node.url, getToken: () => node.tokenFor('alice'), WebSocket });
    const names: string[] = [];
    connection.on('event:resource.created', ({ data }) => names.push(data.resource_name));
    await until(() => connection.state.status === 'connected');
    await api.post(`/orgs/${orgId}/resources`, { name: 'Plan' });
    await until(() => names.length === 1);
    expect(names).toEqual(['Plan']);
    await until(() => connection.state.latency !== undefined);
    connection.close();
    expect(connection.state).toMatchObject({ status: 'closed', userId: 'alice' });
    const mine = connectNotifications({ url: node.url, getToken: () => node.tokenFor('alice'), WebSocket });
    await until(() => mine.state.status === 'connected');
    mine.close();
  });
});
