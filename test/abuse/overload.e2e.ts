import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Lifecycle } from '../../src/realtime/support/lifecycle.js';
import { type Herald, herald } from '../support/herald.js';
import { refused, sample } from '../support/metrics.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, upgrade } from '../support/ws-client.js';

let node: Herald;
let token: string;

beforeAll(async () => {
  node = await herald();
  token = await node.tokenFor('alice');
});
afterEach(closeAllClients);
afterAll(() => node.stop());

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Makes every turn of the event loop take this long, until stopped. */
function keepBusy(ms: number): () => void {
  let isOn = true;
  const turn = (): void => {
    if (!isOn) return;
    block(ms);
    setImmediate(turn);
  };
  setImmediate(turn);
  return () => (isOn = false);
}

function knock(): ReturnType<typeof upgrade> {
  return upgrade(`${node.wsUrl}/ws/notifications/?token=${token}`);
}

describe('a node whose event loop is late', () => {
  it('refuses new clients with 503, serves connected ones, and admits new ones when the load is over', async () => {
    const client = await node.join('/ws/notifications/', 'alice');
    const stop = keepBusy(600);
    try {
      await until(async () => (await knock()).status === 503);
      client.send({ type: 'ping', timestamp: 'served' });
      // In parallel, as each takes several turns.
      const [{ status, headers }, unknown, answer] = await Promise.all([
        knock(),
        upgrade(`${node.wsUrl}/ws/unknown/`),
        client.next(),
      ]);
      expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      expect(unknown.status).toBe(404);
      expect(answer).toEqual({ type: 'pong', timestamp: 'served' });
    } finally {
      stop();
    }
    expect(await refused(node, 'overloaded')).toBeGreaterThan(1);
    await until(async () => (await knock()).status === 101);
  });

  it('refuses nobody after one long pause', async () => {
    await until(async () => (await knock()).status === 101);
    const before = await refused(node, 'overloaded');
    block(1_500);
    expect((await knock()).status).toBe(101);
    expect(await refused(node, 'overloaded')).toBe(before);
    expect(await sample(node, 'herald_event_loop_delay_seconds')).toBeGreaterThan(1);
  });
});

describe('a node that shuts down', () => {
  // @abuse UPG-32
  it('refuses new clients with 503, after checking their path and origin', async () => {
    node.app.get(Lifecycle, { strict: false }).beginDraining();
    const { status, headers } = await knock();
    expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    expect(await refused(node, 'draining')).toBe(1);
    const foreign = { headers: { origin: 'https://evil.example' } };
    expect((await upgrade(`${node.wsUrl}/ws/notifications/`, foreign)).status).toBe(403);
    expect((await upgrade(`${node.wsUrl}/ws/unknown/`)).status).toBe(404);
  });
});
