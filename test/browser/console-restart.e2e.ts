import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TIMINGS } from '../../src/config/environment.js';
import type { ApiClient } from '../support/api-client.js';
import { type ConsolePage, untilLines } from '../support/console-page.js';
import { Consoles } from '../support/consoles.js';
import { HeraldProcess } from '../support/herald-process.js';
import { sample } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { freePort, postgresDatabase, type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';

jest.setTimeout(240_000);

const ORG = 'Acme Robotics';
const ALICE = 'Alice Archer';
const BOB = 'Bob Becker';

let consoles: Consoles;
let variables: Record<string, string>;
/** A separate process, because tests kill it. */
let first: HeraldProcess;
/** Its replacement. */
let next: Herald | null = null;

beforeAll(async () => {
  consoles = await Consoles.start();
}, 60_000);
beforeEach(async () => {
  variables = {
    PORT: String(await freePort()),
    DATA_DIR: await mkdtemp(join(tmpdir(), 'herald-console-')),
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
  };
});
afterEach(async () => {
  try {
    await consoles.leave();
  } finally {
    await next?.stop();
    next = null;
    await first.end('SIGKILL');
    await rm(variables.DATA_DIR ?? '', { recursive: true, force: true });
  }
});

async function start(): Promise<void> {
  first = await HeraldProcess.spawn('main.js', variables);
  await first.ready();
}

/** Uses the port and the data of the one before. */
async function startNext(): Promise<Herald> {
  const { drainNoticeMs } = TIMINGS;
  next = await herald(variables, { embedded: true, timings: { drainNoticeMs } });
  return next;
}

/** Pages of Alice and Bob on their organization, with one event. */
async function both(): Promise<[alice: ConsolePage, bob: ConsolePage]> {
  const pages = await Promise.all([consoles.openAs(ALICE, first.url), consoles.openAs(BOB, first.url)]);
  for (const page of pages) {
    await page.heading(ORG).waitFor();
    await page.untilLive();
    // Chromium logs what fails while the server is down.
    page.tolerate(/^(Failed to load resource: net::|WebSocket connection to)/);
  }
  const [alice, bob] = pages;
  await alice.createResource('Before');
  await bob.untilEvents(['Before was created']);
  return pages;
}

/** Alice creates a resource and writes a message while the pages are disconnected. */
async function act(api: ApiClient, name: string): Promise<void> {
  const orgId: string = (await api.get('/orgs')).body.items[0].id;
  expect((await api.post(`/orgs/${orgId}/resources`, { name })).status).toBe(201);
  expect((await api.post(`/orgs/${orgId}/messages`, { to: 'bob', body: name })).status).toBe(201);
}

/** Waits until a page is live and lists these resources above the demo's three. */
async function untilCaughtUp(page: ConsolePage, created: string[]): Promise<void> {
  await page.untilLive();
  await page.page.getByText('Connection lost').waitFor({ state: 'detached' });
  await untilLines(page.resources(), [...created, 'Payroll', 'Roadmap', 'Welcome guide']);
  await untilLines(page.rows('Online now').locator('.truncate'), [ALICE, BOB]);
  expect(page.loads).toBe(1);
}

/** Waits until Bob's inbox lists these messages, newest first, above the demo's notification. */
async function untilMessages(bob: ConsolePage, names: string[]): Promise<void> {
  await bob.untilUnread(names.length + 1);
  await bob.openNotifications();
  await untilLines(bob.rows('Notifications').locator('p'), [...names, `You are now an admin of ${ORG}`]);
}

describe('a single server that restarts', () => {
  beforeEach(async () => void (variables.DATABASE_URL = await postgresDatabase()));

  it('has pages that catch up without a reload, whether it was killed or stopped', async () => {
    await start();
    const [alice, bob] = await both();
    const created = ['Before'];
    for (const [how, end] of [
      ['killed', () => first.end('SIGKILL')],
      ['stopped', () => next?.stop()],
    ] as const) {
      await end();
      for (const page of [alice, bob]) await page.untilLost();
      const node = await startNext();
      await act(await node.api('alice', { email: 'alice@example.com' }), `While ${how}`);
      for (const page of [alice, bob]) await page.untilLive();
      await alice.createResource(`After ${how}`);
      created.unshift(`After ${how}`, `While ${how}`);
      for (const page of [alice, bob]) await untilCaughtUp(page, created);
    }
    await untilMessages(bob, ['While stopped', 'While killed']);
    // History was lost with the process: what a page missed is in its lists, but may be missing among its events.
    const events = await bob.rows('Events, newest first').locator('strong').allTextContents();
    const isSure = (name: string): boolean => !name.startsWith('While');
    expect(events.filter(isSure)).toEqual(created.filter(isSure));
    expect(events).toEqual(created.filter((name) => events.includes(name)));
  });
});

describe('one of several servers that restarts', () => {
  let redis: RedisServer;
  let other: Herald;

  beforeEach(async () => {
    redis = await startRedis();
    const { host, port } = redis;
    const shared = { DATABASE_URL: await postgresDatabase(), REDIS_HOST: host, REDIS_PORT: String(port) };
    Object.assign(variables, shared);
    other = await herald(shared);
  });
  afterEach(async () => {
    await other.stop();
    await redis.stop();
  });

  it('has pages that resume, and show each event they missed once', async () => {
    await start();
    const [alice, bob] = await both();
    await first.end('SIGKILL');
    for (const page of [alice, bob]) await page.untilLost();
    const api = await other.api('alice');
    for (const name of ['One', 'Two', 'Three']) await act(api, name);
    const node = await startNext();
    // A page may have reconnected by itself, and then has no button.
    for (const page of [alice, bob]) {
      const click = page.button('Reconnect now').click();
      await Promise.race([click.catch(() => undefined), page.untilLive()]);
    }
    for (const page of [alice, bob]) await page.untilLive();
    await alice.createResource('Afterwards');

    const created = ['Afterwards', 'Three', 'Two', 'One', 'Before'];
    for (const page of [alice, bob]) {
      await untilCaughtUp(page, created);
      await page.untilEvents(created.map((name) => `${name} was created`));
    }
    await untilMessages(bob, ['Three', 'Two', 'One']);
    // A page may have reconnected just before the click, and then resumes twice.
    await until(async () => (await sample(node, 'herald_resumes_total{result="complete"}')) >= 4);
    expect(await sample(node, 'herald_resumes_total{result="incomplete"}')).toBe(0);
  });
});
