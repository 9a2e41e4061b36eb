import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Route } from 'playwright-core';
import { BroadcastService } from '../../src/realtime/index.js';
import { openBrowser, type TestBrowser } from '../support/chromium.js';
import { type Herald, herald } from '../support/herald.js';
import { freePort, postgresDatabase, type RedisServer, startRedis } from '../support/servers.js';
import { flushOutbox } from '../../src/realtime/testing/flush-outbox.js';
import { until } from '../../src/realtime/testing/until.js';
import { HooksPage, numbers } from './hooks-page.js';
import type { Shown } from './pages/hooks/shown.js';
import { openSite, type Site } from './site.js';

const HISTORY_SIZE = 20;

let browser: TestBrowser;
let site: Site;
let redis: RedisServer;
let variables: Record<string, string>;
/** The node that the pages connect to; a test restarts it. */
let node: Herald;
/** Another node, through which tests act while the first is down. */
let other: Herald;
let broadcast: BroadcastService;
let userId: string;
let orgId: string;
const contexts: BrowserContext[] = [];
const pages: HooksPage[] = [];

const startFirst = (): Promise<Herald> => herald(variables);

beforeAll(async () => {
  [browser, site, redis] = await Promise.all([openBrowser(), openSite('hooks'), startRedis()]);
  variables = {
    DATABASE_URL: await postgresDatabase(),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    ALLOWED_ORIGINS: site.origin,
    HISTORY_SIZE: String(HISTORY_SIZE),
    PORT: String(await freePort()),
  };
  node = await startFirst();
  other = await herald({ ...variables, PORT: '0' });
  broadcast = other.app.get(BroadcastService, { strict: false });
}, 60_000);
beforeEach(async () => {
  userId = randomUUID();
  orgId = (await (await other.api(userId)).post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(async () => {
  const complaints = pages.splice(0).flatMap((page) => page.complaints);
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await Promise.all([node.stop(), other.stop()]);
  await redis.stop();
});

interface Opening extends Partial<Shown> {
  prepare?: Parameters<typeof HooksPage.open>[3];
}

/** A page in its own browser context. */
async function open(parts: string[], { prepare, ...fields }: Opening = {}): Promise<HooksPage> {
  const context = await browser.newContext();
  contexts.push(context);
  const shown: Shown = { url: node.url, userId, orgId, share: true, limit: 20, parts, ...fields };
  const page = await HooksPage.open(context, site.url, shown, prepare);
  pages.push(page);
  return page;
}

async function notify(...titles: string[]): Promise<void> {
  for (const title of titles) await broadcast.broadcastNotification(userId, { title });
}

async function emit(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) await broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n });
}

/** The number of the user's connections, according to the server. */
async function connections(id = userId): Promise<number> {
  const admin = await other.api('admin', { roles: ['realtime-admin'] });
  const { body } = await admin.get(`/realtime/connections?user_id=${id}`);
  return (body.items as unknown[]).length;
}

describe('the hooks’ connection', () => {
  it('is shared by all components, even under StrictMode', async () => {
    const page = await open(['counter', 'inbox', 'second inbox', 'toasts', 'state']);
    await page.until('state', ({ status }) => status === 'connected');
    await page.until('inbox', ({ status }) => status === 'ready');
    expect(await page.page.evaluate(() => window.effects)).toBe(2);
    await until(async () => (await connections()) === 1);
    expect(page.sockets).toHaveLength(1);
  });

  it('ends when the last component unmounts, not before', async () => {
    const page = await open(['inbox', 'state']);
    await page.until('state', ({ status }) => status === 'connected');
    await page.show({ parts: ['state'] });
    // As when an application navigates between its pages.
    await page.page.evaluate(async () => {
      window.show({ parts: [] });
      while (document.querySelector('[data-part]') !== null) await new Promise((resolve) => setTimeout(resolve));
      window.show({ parts: ['toasts'] });
    });
    await page.until('toasts', ({ titles }) => titles.length === 0);
    await notify('Still there');
    await page.until('toasts', ({ titles }) => titles.length === 1);
    expect(page.sockets).toHaveLength(1);
    await page.show({ parts: [] });
    await until(async () => page.openSockets().length === 0 && (await connections()) === 0);
    await page.show({ parts: ['state'] });
    await page.until('state', ({ status }) => status === 'connected');
    expect(page.sockets).toHaveLength(2);
  });

  it('survives a renewed token, and a new getToken function on each render', async () => {
    const page = await open(['state'], { expiresIn: 4 });
    await page.until('state', ({ status }) => status === 'connected');
    await page.show({ limit: 10 });
    // The first token has seconds left, its replacement an hour.
    await page.until('state', ({ expiresAt }) => Date.parse(expiresAt) > Date.now() + 60_000);
    expect(await page.asked()).toEqual(['connect', 'expiring']);
    expect(page.sockets).toHaveLength(1);
  });

  it('is replaced when the user changes, and shows nothing of the user before', async () => {
    const successor = randomUUID();
    await notify('For the first');
    const page = await open(['inbox', 'toasts', 'state']);
    await page.until('inbox', ({ items }) => items.length === 1);
    await page.show({ userId: successor });
    expect((await page.read('inbox')).items).toEqual([]);
    await page.until('state', (state) => state.userId === successor);
    await until(() => page.openSockets().length === 1);
    expect(page.sockets).toHaveLength(2);
    await notify('Not for the second');
    await broadcast.broadcastNotification(successor, { title: 'For the second' });
    await page.until('toasts', ({ titles }) => titles.includes('For the second'));
    await page.until('inbox', ({ items, status }) => status === 'ready' && items.length === 1);
    expect([(await page.read('inbox')).items, (await page.read('toasts')).titles]).toEqual([
      ['For the second'],
      ['For the second'],
    ]);
    await until(async () => (await connections()) === 0);
  });

  it('is never opened with another user’s token', async () => {
    const page = await open(['inbox', 'state'], {
      prepare: (tab) => tab.evaluate(() => (window.tokenOf = 'somebody-else')),
    });
    await page.until('inbox', ({ status }) => status === 'error');
    expect((await page.read('inbox')).error).toMatchObject({ title: 'Not signed in' });
    expect(page.sockets).toEqual([]);
  });
});

describe('useNotifications', () => {
  it('shows each notification once, in order, including those that arrive while it loads', async () => {
    const titles = numbers(1, 15).map(String);
    const sent = notify(...titles);
    const page = await open(['inbox']);
    await sent;
    await page.until('inbox', ({ items, unreadCount }) => items.length === 15 && unreadCount === 15);
    expect((await page.read('inbox')).items).toEqual(titles.toReversed());
    await notify('16');
    await page.until('inbox', ({ items, unreadCount }) => items[0] === '16' && unreadCount === 16);
    expect((await page.read('inbox')).items).toEqual(['16', ...titles.toReversed()]);
  });

  it('stays in step with the user’s other devices', async () => {
    await notify('One', 'Two', 'Three');
    const [phone, desk] = [await open(['inbox']), await open(['inbox'])];
    for (const device of [phone, desk]) await device.until('inbox', ({ items }) => items.length === 3);
    await phone.click('inbox', 'Read One');
    await desk.until('inbox', ({ items, unreadCount }) => items[2] === 'One (read)' && unreadCount === 2);
    await desk.click('inbox', 'Remove Two');
    await phone.until('inbox', ({ items, unreadCount }) => items.length === 2 && unreadCount === 1);
    await desk.click('inbox', 'Read all');
    await phone.until('inbox', ({ unreadCount }) => unreadCount === 0);
    await notify('Four');
    const items = ['Four', 'Three (read)', 'One (read)'];
    for (const device of [phone, desk]) {
      await device.until('inbox', ({ unreadCount, items: [first] }) => first === 'Four' && unreadCount === 1);
      expect(await device.read('inbox')).toMatchObject({ items, error: null });
    }
  });

  it('reverts changes that the server refuses, and says why', async () => {
    await notify('One', 'Two');
    const page = await open(['inbox']);
    await page.until('inbox', ({ items }) => items.length === 2);
    const held: Route[] = [];
    await page.page.route(/notifications\/[^?]+$/, (route) => {
      if (['OPTIONS', 'GET'].includes(route.request().method())) return route.continue();
      held.push(route);
      return undefined;
    });
    const problem = { title: 'Service Unavailable', status: 503, detail: 'The database is not available.' };
    const refuse = (): Promise<unknown> =>
      Promise.all(held.splice(0).map((route) => route.fulfill({ status: 503, json: problem, headers: CORS })));

    await page.click('inbox', 'Read all');
    await page.until('inbox', ({ unreadCount }) => unreadCount === 0);
    expect((await page.read('inbox')).items).toEqual(['Two (read)', 'One (read)']);
    await until(() => held.length === 1);
    await refuse();
    await page.until('inbox', ({ error }) => error?.status === 503);
    expect(await page.read('inbox')).toMatchObject({ items: ['Two', 'One'], unreadCount: 2, error: problem });

    await page.click('inbox', 'Remove Two');
    await page.until('inbox', ({ items }) => items.length === 1);
    await until(() => held.length === 1);
    await refuse();
    await page.until('inbox', ({ items }) => items.length === 2);
    expect(await page.read('inbox')).toMatchObject({ items: ['Two', 'One'], unreadCount: 2, status: 'ready' });

    await page.page.unroute(/notifications\/[^?]+$/);
    await page.click('inbox', 'Read Two');
    await page.until('inbox', ({ error, unreadCount }) => error === null && unreadCount === 1);
  });

  it('loads older pages, which new arrivals do not shift', async () => {
    const titles = numbers(1, 25).map(String);
    await notify(...titles);
    const page = await open(['state'], { limit: 10 });
    await page.until('state', ({ status }) => status === 'connected');
    // Once connected, the inbox loads exactly once.
    await page.show({ parts: ['state', 'inbox'] });
    await page.until('inbox', ({ items, hasMore }) => items.length === 10 && hasMore);
    await notify('26');
    await page.until('inbox', ({ items }) => items.length === 11);
    await page.click('inbox', 'More');
    await page.until('inbox', ({ items }) => items.length === 21);
    await page.click('inbox', 'More');
    await page.until('inbox', ({ items, hasMore }) => items.length === 26 && !hasMore);
    expect((await page.read('inbox')).items).toEqual(['26', ...titles.toReversed()]);
    await page.click('inbox', 'Reload');
    await page.until('inbox', ({ items, hasMore }) => items.length === 10 && hasMore);
  });

  it('requests one new token if the server refuses the current one', async () => {
    await notify('One');
    let refusals = 0;
    const page = await open(['inbox'], {
      prepare: (tab) =>
        tab.route(/api\/v1\/notifications/, (route) => {
          const isFirst = route.request().method() === 'GET' && refusals < 2;
          if (isFirst) refusals += 1;
          return isFirst ? route.fulfill({ status: 401, json: {}, headers: CORS }) : route.continue();
        }),
    });
    await page.until('inbox', ({ items, status }) => status === 'ready' && items.length === 1);
    expect([refusals, await page.asked()]).toEqual([2, ['connect', 'refused']]);
  });

  it('says what went wrong, and loads by itself as soon as it can', async () => {
    let isDown = true;
    await notify('One');
    const page = await open(['inbox'], {
      prepare: (tab) => tab.route(/api\/v1\/notifications/, (route) => (isDown ? route.abort() : route.continue())),
    });
    await page.until('inbox', ({ status }) => status === 'error');
    expect((await page.read('inbox')).error).toMatchObject({ status: 0, title: 'No connection' });
    isDown = false;
    await page.until('inbox', ({ status, items, error }) => status === 'ready' && items.length === 1 && error === null);
  });

  it('can unmount while it loads, and mount again', async () => {
    await notify('One');
    const held: Route[] = [];
    const page = await open(['inbox'], {
      prepare: (tab) => tab.route(/notifications\?/, (route) => void held.push(route)),
    });
    await until(() => held.length > 0);
    await page.show({ parts: [] });
    await until(() => page.openSockets().length === 0);
    await page.page.unroute(/notifications\?/);
    await Promise.all(held.map((route) => route.continue().catch(() => undefined)));
    await page.show({ parts: ['inbox'] });
    await page.until('inbox', ({ status, items }) => status === 'ready' && items.length === 1);
  });
});

describe('usePresence', () => {
  it('shows who comes and goes', async () => {
    const guest = `~${randomUUID()}`;
    await (await other.api(userId)).post(`/orgs/${orgId}/members`, { user_id: guest });
    const host = await open(['presence']);
    await host.until('presence', ({ status, users }) => status === 'ready' && users.length === 1);
    const visitor = await open(['presence'], { userId: guest });
    for (const page of [host, visitor]) await page.until('presence', ({ users }) => users.length === 2);
    expect((await host.read('presence')).users).toEqual([userId, guest]);
    await visitor.page.close();
    await host.until('presence', ({ users }) => users.length === 1);
  });

  it('reports an error to a non-member', async () => {
    const page = await open(['presence', 'org state'], { userId: randomUUID() });
    await page.until('presence', ({ status, error }) => status === 'error' && error === 'Not Found');
    await page.until('org state', ({ status, closed }) => status === 'closed' && closed.code === 4003);
  });
});

describe('after an interruption', () => {
  it('the hooks catch up, with nothing missing or repeated', async () => {
    const page = await open(['inbox', 'toasts', 'events', 'presence', 'state', 'org state']);
    await page.until('inbox', ({ status }) => status === 'ready');
    await page.until('state', ({ status }) => status === 'connected');
    await page.until('org state', ({ status }) => status === 'connected');
    await notify('Before');
    await emit(1, 3);
    await page.until('events', ({ heard }) => heard.length === 3);
    await node.stop();
    await page.until('org state', ({ status }) => status !== 'connected');
    await notify('Meanwhile');
    await emit(4, 9);
    node = await startFirst();
    await page.until('events', ({ heard }) => heard.includes(9));
    await page.until('toasts', ({ titles }) => titles.includes('Meanwhile'));
    await notify('Afterwards');
    await emit(10, 10);
    await page.until('events', ({ heard }) => heard.includes(10));
    await page.until('toasts', ({ titles }) => titles.includes('Afterwards'));
    await page.until('presence', ({ users }) => users.length === 1);
    expect(await page.read('events')).toEqual({
      heard: numbers(1, 10),
      newest: numbers(1, 10).toReversed(),
      refetches: 0,
    });
    expect((await page.read('toasts')).titles).toEqual(['Before', 'Meanwhile', 'Afterwards']);
    await page.until('inbox', ({ unreadCount }) => unreadCount === 3);
    expect((await page.read('inbox')).items).toEqual(['Afterwards', 'Meanwhile', 'Before']);
  });

  it('longer than history covers, the list is reloaded and the application is told to refetch', async () => {
    const page = await open(['inbox', 'events', 'state', 'org state']);
    await page.until('inbox', ({ status }) => status === 'ready');
    await page.until('state', ({ status }) => status === 'connected');
    await page.until('org state', ({ status }) => status === 'connected');
    await page.page.context().setOffline(true);
    await page.until('org state', ({ status }) => status === 'offline');
    await page.until('state', ({ status }) => status === 'offline');
    const titles = numbers(1, HISTORY_SIZE + 1).map(String);
    await notify(...titles);
    await emit(1, HISTORY_SIZE + 1);
    await flushOutbox(other.app);
    await page.page.context().setOffline(false);
    await page.until('events', ({ refetches }) => refetches === 1);
    await page.until('inbox', ({ items, hasMore }) => items.length === 20 && hasMore);
    expect(await page.read('inbox')).toMatchObject({ items: titles.toReversed().slice(0, 20), unreadCount: 21 });
  });
});

const CORS = { 'access-control-allow-origin': '*' };
