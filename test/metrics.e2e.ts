import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../src/realtime/index.js';
import { type Herald, herald } from './support/herald.js';
import { sample } from './support/metrics.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect } from './support/ws-client.js';

let node: Herald;

beforeAll(async () => {
  node = await herald();
});
afterEach(closeAllClients);
afterAll(() => node.stop());

describe('the metrics', () => {
  it('count published, delivered and resumed messages, and measure latencies', async () => {
    const token = await node.tokenFor('alice');
    const clients = [
      await node.join('/ws/notifications/', 'alice', { token }),
      await node.join('/ws/notifications/', 'alice', { token }),
    ];
    const welcome = clients[0]?.received[0];
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await broadcast.broadcastNotification('alice', { title: 'Counted' });
    await Promise.all(clients.map((client) => client.next()));
    const cursor = encodeURIComponent(String(welcome?.cursor));
    await node.join(`/ws/notifications/?cursor=${cursor}`, 'alice', { token });
    await node.join('/ws/notifications/?cursor=nonsense', 'alice', { token });
    expect(await sample(node, 'herald_publications_total{kind="frame"}')).toBe(1);
    expect(await sample(node, 'herald_publish_seconds_count')).toBe(1);
    // Twice live, and once because it was missed.
    expect(await sample(node, 'herald_deliveries_total')).toBe(3);
    expect(await sample(node, 'herald_commit_to_socket_seconds_count')).toBe(1);
    expect(await sample(node, 'herald_resumes_total{result="complete"}')).toBe(1);
    expect(await sample(node, 'herald_resumes_total{result="incomplete"}')).toBe(1);
    expect(await sample(node, 'herald_connections{endpoint="notifications"}')).toBe(4);
  });

  it('count closes by code and reason', async () => {
    await (await connect(`${node.wsUrl}/ws/notifications/?token=x`)).closed();
    expect(await sample(node, 'herald_closes_total{code="4001",reason="token_invalid"}')).toBe(1);
  });

  it('show the broker’s state and the outbox depth', async () => {
    expect(await sample(node, 'herald_broker_connected')).toBe(1);
    await node.redis.kill();
    try {
      await until(async () => (await sample(node, 'herald_broker_connected')) === 0);
      await (
        await node.api('alice', { roles: ['realtime-admin'] })
      ).post('/notifications', {
        user_id: 'alice',
        notification: { title: 'Waits' },
      });
      await until(async () => (await sample(node, 'herald_outbox_depth')) === 1);
      await until(async () => (await sample(node, 'herald_outbox_oldest_seconds')) > 0.1);
    } finally {
      await node.redis.start();
    }
    await until(async () => (await sample(node, 'herald_outbox_depth')) === 0);
    await until(async () => (await sample(node, 'herald_broker_reconnects_total')) >= 1);
  });

  it('identify nobody', async () => {
    const text = await (await fetch(`${node.url}/metrics`)).text();
    expect(text).not.toMatch(/alice|[0-9a-f]{8}-[0-9a-f]{4}-/);
  });
});
