import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Route } from 'playwright-core';
import { BroadcastService } from '../../src/realtime/index.js';
import { openBrowser, type TestBrowser } from '../support/chromium.js';
import { type Herald, herald } from '../support/herald.js';
import { until } from '../../src/realtime/testing/until.js';
import { HooksPage, numbers } from './hooks-page.js';
import type { Shown } from './pages/hooks/shown.js';
import { openSite, type Site } from './site.js';

let browser: TestBrowser;
let site: Site;
let node: Herald;
let broadcast: BroadcastService;
let userId: string;
let orgId: string;
/** The browser context in which a test opens tabs. */
let context: BrowserContext;
const tabs: HooksPage[] = [];

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), openSite('hooks')]);
  node = await herald({ ALLOWED_ORIGINS: site.origin });
  broadcast = node.app.get(BroadcastService, { strict: false });
}, 60_000);
beforeEach(async () => {
  userId = randomUUID();
  orgId = (await (await node.api(userId)).post('/orgs', { name: 'Acme' })).body.id;
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  expect(tabs.splice(0).flatMap(({ complaints }) => complaints)).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await node.stop();
});

async function openTab(parts: string[], fields: Partial<Shown> = {}): Promise<HooksPage> {
  const shown: Shown = { url: node.url, userId, orgId, share: true, limit: 20, parts, ...fields };
  const tab = await HooksPage.open(context, site.url, shown);
  tabs.push(tab);
  return tab;
}

/** A tab with both connections established. */
async function openConnectedTab(fields: Partial<Shown> = {}): Promise<HooksPage> {
  const tab = await openTab(['inbox', 'toasts', 'state', 'events', 'org state'], fields);
  for (const part of ['state', 'org state']) await tab.until(part, ({ status }) => status === 'connected');
  await tab.until('inbox', ({ status }) => status === 'ready');
  return tab;
}

async function emit(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) await broadcast.broadcastOrgEvent(orgId, 'test.numbered', { n });
}

async function notify(title: string, to = userId): Promise<void> {
  await broadcast.broadcastNotification(to, { title });
}

/** The number of the user's connections, according to the server. */
async function connections(): Promise<number> {
  const admin = await node.api('admin', { roles: ['realtime-admin'] });
  return ((await admin.get(`/realtime/connections?user_id=${userId}`)).body.items as unknown[]).length;
}

describe('tabs of one browser', () => {
  it('share one socket for each endpoint, and receive everything once', async () => {
    const [first, second] = [await openConnectedTab(), await openConnectedTab()];
    await emit(1, 5);
    await notify('Hello');
    for (const tab of [first, second]) {
      await tab.until('events', ({ heard }) => heard.includes(5));
      await tab.until('toasts', ({ titles }) => titles.includes('Hello'));
      await tab.until('inbox', ({ items, unreadCount }) => items[0] === 'Hello' && unreadCount === 1);
    }
    await first.click('inbox', 'Read Hello');
    await second.until('inbox', ({ items }) => items[0] === 'Hello (read)');
    await emit(6, 6);
    for (const tab of [first, second]) {
      await tab.until('events', ({ heard }) => heard.includes(6));
      expect(await tab.read('events')).toMatchObject({ heard: numbers(1, 6), refetches: 0 });
      expect((await tab.read('toasts')).titles).toEqual(['Hello']);
    }
    expect([first.sockets.length, second.sockets.length, await connections()]).toEqual([2, 0, 2]);
    expect(await second.asked()).toEqual(['connect']);
  });

  it('that are opened later get the current state at once', async () => {
    const first = await openConnectedTab();
    await notify('Before');
    await emit(1, 3);
    await first.until('events', ({ heard }) => heard.length === 3);
    const late = await openConnectedTab();
    const { expiresAt, cursor } = await first.read('org state');
    expect(await late.read('org state')).toMatchObject({ expiresAt, cursor, status: 'connected' });
    expect((await late.read('inbox')).items).toEqual(['Before']);
    await emit(4, 4);
    await late.until('events', ({ heard }) => heard.length === 1);
    expect(await late.read('events')).toEqual({ heard: [4], newest: [4], refetches: 0 });
  });

  it('hand the connection over when the leader can’t get a token, but another tab can', async () => {
    const parts = ['inbox', 'toasts', 'state', 'events', 'org state'];
    const signedOut = await openTab([]);
    await signedOut.page.evaluate(() => (window.tokenOf = 'somebody-else'));
    await signedOut.show({ parts });
    await signedOut.until('state', ({ status }) => status !== 'connected' && status !== 'idle');
    const signedIn = await openConnectedTab();
    for (const part of ['state', 'org state']) await signedOut.until(part, ({ status }) => status === 'connected');
    await emit(1, 3);
    for (const tab of [signedIn, signedOut]) await tab.until('events', ({ heard }) => heard.length === 3);
    expect([signedIn.sockets.length, await connections()]).toEqual([2, 2]);
  });

  it.each([
    ['is closed', (tab: HooksPage) => tab.page.close()],
    ['no longer needs it', (tab: HooksPage) => tab.show({ parts: [] })],
    ['goes to another site', (tab: HooksPage) => tab.page.goto('about:blank').then(() => undefined)],
  ])('hand the connection over when the leader %s, with nothing missing or repeated', async (_, leave) => {
    const leading = await openConnectedTab();
    const [second, third] = [await openConnectedTab(), await openConnectedTab()];
    const held: Route[] = [];
    await context.route(/dev\/token/, (route) => void held.push(route));
    await emit(1, 10);
    const publishing = emit(11, 60);
    await leave(leading);
    await publishing;
    // Another tab now leads, and is about to connect.
    await until(() => held.length === 2);
    await emit(61, 70);
    await notify('Meanwhile');
    for (const route of held) await route.continue();
    for (const tab of [second, third]) await tab.until('org state', ({ reconnects }) => reconnects === 1);
    await emit(71, 80);
    await notify('Afterwards');
    for (const tab of [second, third]) {
      await tab.until('events', ({ heard }) => heard.includes(80));
      await tab.until('toasts', ({ titles }) => titles.includes('Afterwards'));
      expect(await tab.read('events')).toMatchObject({ heard: numbers(1, 80), refetches: 0 });
      expect((await tab.read('toasts')).titles).toEqual(['Meanwhile', 'Afterwards']);
    }
    await until(async () => (await connections()) === 2);
    expect(second.openSockets().length + third.openSockets().length).toBe(2);
  });

  it('reconnect together, whichever leads', async () => {
    const [first, second] = [await openConnectedTab(), await openConnectedTab()];
    const admin = await node.api('admin', { roles: ['realtime-admin'] });
    const { body } = await admin.get(`/realtime/connections?user_id=${userId}&org_id=${orgId}`);
    await admin.delete(`/realtime/connections/${body.items[0].connection_id}`);
    for (const tab of [first, second]) {
      await tab.until('org state', (state) => state.reconnects === 1 && state.status === 'connected');
    }
    await emit(1, 3);
    await second.until('events', ({ heard }) => heard.length === 3);
    expect([await first.asked(), second.sockets.length]).toEqual([['connect', 'connect', 'refused'], 0]);
  });

  it('replace a leader that holds the connection but has gone silent', async () => {
    const [leading, second] = [await openConnectedTab(), await openConnectedTab()];
    // Imitates a tab that the system has suspended.
    await leading.page.evaluate(() => {
      BroadcastChannel.prototype.postMessage = () => undefined;
    });
    await emit(1, 3);
    await until(() => second.sockets.length === 2, 20_000);
    await second.until('org state', ({ status, reconnects }) => status === 'connected' && reconnects === 1);
    await emit(4, 6);
    for (const tab of [leading, second]) {
      await tab.until('events', ({ heard }) => heard.includes(6));
      expect(await tab.read('events')).toMatchObject({ heard: numbers(1, 6), refetches: 0 });
    }
    await until(() => leading.openSockets().length === 0);
  });

  it('of two users share nothing', async () => {
    const somebody = randomUUID();
    const first = await openTab(['inbox', 'toasts', 'state']);
    const second = await openTab(['inbox', 'toasts', 'state'], { userId: somebody });
    await first.until('state', (state) => state.userId === userId);
    await second.until('state', (state) => state.userId === somebody);
    await notify('For the first');
    await notify('For the second', somebody);
    await first.until('toasts', ({ titles }) => titles.length === 1);
    await second.until('toasts', ({ titles }) => titles.length === 1);
    expect([(await first.read('toasts')).titles, (await second.read('toasts')).titles]).toEqual([
      ['For the first'],
      ['For the second'],
    ]);
    expect([first.sockets.length, second.sockets.length]).toEqual([1, 1]);
  });
});

describe('each tab has its own socket', () => {
  it('if the application asks for that', async () => {
    const first = await openTab(['state'], { share: false });
    const second = await openTab(['state'], { share: false });
    for (const tab of [first, second]) await tab.until('state', ({ status }) => status === 'connected');
    expect([first.sockets.length, second.sockets.length]).toEqual([1, 1]);
  });

  it.each(['navigator.locks', 'BroadcastChannel'])('if the browser lacks %s', async (missing) => {
    await context.addInitScript((name) => {
      const owner = name === 'BroadcastChannel' ? window : navigator;
      Object.defineProperty(owner, name.replace('navigator.', ''), { value: undefined });
    }, missing);
    const [first, second] = [await openTab(['state', 'toasts']), await openTab(['state', 'toasts'])];
    for (const tab of [first, second]) await tab.until('state', ({ status }) => status === 'connected');
    await notify('Hello');
    for (const tab of [first, second]) await tab.until('toasts', ({ titles }) => titles.length === 1);
    expect([first.sockets.length, second.sockets.length]).toEqual([1, 1]);
  });
});
