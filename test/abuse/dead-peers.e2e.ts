import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import { sample } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, type Frame, type TestClient } from '../support/ws-client.js';

const PATH = '/ws/notifications/';
const INTERVAL_MS = 300;
const SLEEPER = fileURLToPath(new URL('../support/sleeper.mjs', import.meta.url));
const SILENT = 'herald_closes_total{code="1006",reason="silent"}';

let node: Herald;
let proxy: TcpProxy;
let token: string;
const sleepers: ChildProcess[] = [];

beforeAll(async () => {
  node = await herald({
    WS_HEARTBEAT_INTERVAL_MS: String(INTERVAL_MS),
    WS_MAX_CONNECTIONS_PER_USER: '1',
    WS_MAX_BUFFERED_BYTES: '1000000',
  });
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: Number(new URL(node.url).port) });
  token = await node.tokenFor('alice');
});
afterEach(async () => {
  for (const sleeper of sleepers.splice(0)) sleeper.kill('SIGKILL');
  await closeAllClients();
  await until(() => openConnections(node).length === 0);
});
afterAll(async () => {
  await until(() => node.isHealthy());
  await proxy.stop();
  await node.stop();
});

async function enter(origin = node.wsUrl, cursor?: string): Promise<{ client: TestClient; welcome: Frame }> {
  const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
  const client = await connect(`${origin}${PATH}${query}`, { token });
  return { client, welcome: await client.next() };
}

const notify = (title: string): Promise<unknown> =>
  node.app.get(BroadcastService, { strict: false }).broadcastNotification('alice', { title });

/** Resolves when the node has dropped its only connection. */
const dropped = (): Promise<void> => until(() => openConnections(node).length === 0, 20 * INTERVAL_MS);

describe('a peer that vanishes without a close', () => {
  // @abuse SLOW-07, SLOW-13
  it('is dropped within two heartbeats, frees its place, and resumes when it is back', async () => {
    const { client, welcome } = await enter(`ws://${proxy.host}:${proxy.port}`);
    const before = await sample(node, SILENT);
    await client.pinged(1);
    proxy.blackHole();
    await dropped();
    expect(await sample(node, SILENT)).toBe(before + 1);
    const { client: other } = await enter();
    await other.close();
    await notify('While it slept');
    proxy.heal();
    expect(await client.closed()).toMatchObject({ code: 1006 });
    const { client: again, welcome: second } = await enter(`ws://${proxy.host}:${proxy.port}`, String(welcome.cursor));
    expect(second).toMatchObject({ resumed: true });
    expect(await again.next()).toMatchObject({ notification: { title: 'While it slept' } });
  });

  it('stays connected without messages as long as it answers pings', async () => {
    const { client } = await enter();
    await client.pinged(8);
    expect(openConnections(node)).toHaveLength(1);
  });

  it('stays connected without answering pings as long as it sends something else', async () => {
    const client = await connect(`${node.wsUrl}${PATH}`, { token, autoPong: false });
    await client.next();
    for (let pings = 1; pings <= 6; pings += 1) {
      await client.pinged(pings);
      client.send({ type: 'ping', timestamp: pings });
      expect(await client.next()).toEqual({ type: 'pong', timestamp: pings });
    }
  });
});

describe('a client whose process is suspended', () => {
  // @abuse SLOW-08, SLOW-13
  it('is dropped although its kernel still accepts data, and sees the close when it runs again', async () => {
    const sleeper = spawn(process.execPath, [SLEEPER, `${node.wsUrl}${PATH}`, token], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sleepers.push(sleeper);
    let output = '';
    sleeper.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until(() => output.includes('connection.established'));
    const before = await sample(node, SILENT);
    sleeper.kill('SIGSTOP');
    await notify('While it slept');
    await dropped();
    expect(await sample(node, SILENT)).toBe(before + 1);
    sleeper.kill('SIGCONT');
    await until(() => output.includes('closed 1006'));
  });
});
