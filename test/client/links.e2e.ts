import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OrgEventsOptions } from '@herald/client';
import { BroadcastService } from '../../src/realtime/index.js';
import { type Herald, herald } from '../support/herald.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllConnections, connected, numbersOf, type OrgWatch, watchedEvents, watchEvents } from './watch.js';

const HISTORY_SIZE = 5;

let node: Herald;
/** Sits between the clients and the node. */
let proxy: TcpProxy;
let orgId: string;

beforeAll(async () => {
  node = await herald({ HISTORY_SIZE: String(HISTORY_SIZE) });
});
beforeEach(async () => {
  const { hostname, port } = new URL(node.url);
  proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
  orgId = (await (await node.api('alice')).post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(async () => {
  closeAllConnections();
  await proxy.stop();
});
afterAll(() => node.stop());

function throughProxy(more: Partial<OrgEventsOptions> = {}): OrgEventsOptions {
  return { url: `http://${proxy.host}:${proxy.port}`, getToken: () => node.tokenFor('alice'), ...more };
}

async function publish(from: number, to: number): Promise<void> {
  const broadcast = node.app.get(BroadcastService, { strict: false });
  for (let n = from; n <= to; n += 1) await broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n });
}

/** Waits for the number; returns all that arrived. */
async function heard(watch: OrgWatch, n: number): Promise<number[]> {
  await until(() => numbersOf(watch).includes(n));
  return numbersOf(watch);
}

describe('a link that is cut', () => {
  it('is replaced, with nothing missed or repeated', async () => {
    const watch = await watchEvents(orgId, throughProxy());
    await publish(1, 2);
    await heard(watch, 2);
    proxy.cut();
    await until(() => watch.connection.state.closed !== undefined);
    const ended = watch.states.find(({ closed }) => closed);
    expect(ended).toMatchObject({ closed: { code: 1006 }, connectionId: undefined });
    await publish(3, 4);
    await connected(watch, 2);
    await publish(5, 5);
    expect(await heard(watch, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(watch.connection.state).toMatchObject({ status: 'connected', reconnects: 1 });
    expect(watch.welcomes[1]?.connection_id).not.toBe(watch.welcomes[0]?.connection_id);
  });

  it('again and again while events flow is replaced each time, with nothing missed or repeated', async () => {
    const watch = await watchEvents(orgId, throughProxy());
    for (let round = 0; round < 5; round += 1) {
      await publish(4 * round + 1, 4 * round + 2);
      proxy.cut();
      await publish(4 * round + 3, 4 * round + 4);
      await until(() => watch.connection.state.status !== 'connected' || watch.welcomes.length > round + 1);
      watch.connection.reconnect();
      await connected(watch, round + 2);
      await heard(watch, 4 * round + 4);
    }
    expect(numbersOf(watch)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(watch.refetches).toEqual([]);
  });

  it('for longer than history covers is replaced, and the application is told to refetch', async () => {
    const watch = await watchEvents(orgId, throughProxy());
    await publish(1, 1);
    await heard(watch, 1);
    proxy.blackHole();
    proxy.cut();
    await publish(2, 2 + HISTORY_SIZE);
    proxy.heal();
    await connected(watch, 2);
    expect(watch.refetches).toMatchObject([{ resumed: false }]);
    await publish(100, 100);
    expect(await heard(watch, 100)).toEqual([1, 100]);
  });

  it('while missed events are being sent is replaced, and the rest follows', async () => {
    const watch = await watchEvents(orgId, throughProxy());
    await publish(1, 1);
    await heard(watch, 1);
    watch.connection.on('event', ({ data }) => {
      if (data.n === 3) watch.connection.reconnect();
    });
    proxy.cut();
    await publish(2, 5);
    await connected(watch, 3);
    expect(await heard(watch, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(watch.refetches).toEqual([]);
  });
});

describe('a link that is dead but looks alive', () => {
  const QUICK = { pingInterval: 100, answerTimeout: 2_000 };

  it.each(['both', 'to-client', 'to-server'] as const)(
    'is detected and replaced, with nothing missed (%s)',
    async (direction) => {
      const watch = await watchEvents(orgId, throughProxy(QUICK));
      await publish(1, 1);
      await heard(watch, 1);
      proxy.blackHole(direction, 'herald.v1');
      // The status may be another one for a moment only; how the link ended stays.
      await until(() => watch.connection.state.closed !== undefined);
      expect(watch.connection.state.closed).toEqual({ code: 1006, reason: 'silent' });
      await publish(2, 2);
      await connected(watch, 2);
      await publish(3, 3);
      expect(await heard(watch, 3)).toEqual([1, 2, 3]);
      // The client ignores what the old link still delivers.
      proxy.heal();
      await publish(4, 4);
      expect(await heard(watch, 4)).toEqual([1, 2, 3, 4]);
    },
  );

  it('before the welcome is given up', async () => {
    const muted = proxy.muteOn('herald.v1');
    const watch = watchedEvents(orgId, throughProxy({ answerTimeout: 2_000 }));
    await muted;
    await connected(watch);
    expect(watch.states.find(({ closed }) => closed)?.closed).toEqual({ code: 1006, reason: 'silent' });
  });
});
