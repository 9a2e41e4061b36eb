import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Locator } from 'playwright-core';
import type { ApiClient } from '../support/api-client.js';
import { type ConsolePage, untilLines } from '../support/console-page.js';
import { Consoles } from '../support/consoles.js';
import { type Herald, herald } from '../support/herald.js';
import { freePort } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';

jest.setTimeout(240_000);

const ALICE = 'Alice Archer';
const UNREACHABLE = /^The server can’t be reached/;

let node: Herald;
let consoles: Consoles;
let api: ApiClient;
/** Each test has a new organization, owned by Alice. */
let orgId: string;
let orgName: string;
let founded = 0;

beforeAll(async () => {
  // The server accepts sockets from its own pages only if its port is set in advance.
  const port = String(await freePort());
  [node, consoles] = await Promise.all([herald({ PORT: port }), Consoles.start()]);
  api = await node.api('alice', { roles: ['realtime-admin'], email: 'alice@example.com' });
}, 60_000);
beforeEach(async () => {
  founded += 1;
  orgName = `Organization ${founded}`;
  orgId = (await api.post('/orgs', { name: orgName })).body.id;
});
afterEach(() => consoles.leave());
afterAll(async () => {
  await node.stop();
});

/** Alice's page on the test's organization, with these resources. */
async function open(...resources: string[]): Promise<ConsolePage> {
  for (const name of resources) await api.post(`/orgs/${orgId}/resources`, { name });
  const alice = await consoles.open(`${node.url}/#/orgs/${orgId}`);
  await alice.signInAs(ALICE);
  await alice.heading(orgName).waitFor();
  await alice.untilLive();
  return alice;
}

async function resourceNames(): Promise<string[]> {
  const { items } = (await api.get(`/orgs/${orgId}/resources`)).body;
  return items.map(({ name }: { name: string }) => name);
}

async function untilFocused(element: Locator): Promise<void> {
  await element.waitFor();
  await until(() => element.evaluate((each) => each === document.activeElement));
}

describe('without a network', () => {
  it('the page says that it can’t reach the server, never repeats a cancelled action, and catches up by itself', async () => {
    const alice = await open('Plan');
    alice.tolerate(/ERR_INTERNET_DISCONNECTED/);
    await alice.page.context().setOffline(true);
    await alice.button('Delete Plan').click();
    const dialog = alice.dialog('Delete Plan?');
    await alice.button('Delete resource', dialog).click();
    await dialog.getByRole('alert').getByText(UNREACHABLE).waitFor();
    await alice.button('Cancel', dialog).click();
    await alice.resources().click();
    await alice.page.getByRole('alert').getByText(UNREACHABLE).first().waitFor();

    await alice.page.context().setOffline(false);
    await alice.page.getByRole('heading', { name: 'Plan', level: 2 }).waitFor();
    await alice.openSection('Resources');
    await alice.createResource('Afterwards');
    expect(await resourceNames()).toEqual(['Plan', 'Afterwards']);
  });
});

describe('a page', () => {
  it('says which part of it can’t be loaded, while the rest still works', async () => {
    const alice = await open();
    alice.tolerate(/404|dynamically imported module|preload CSS/);
    const parts = '**/assets/operations-page*';
    await alice.page.route(parts, (route) => route.fulfill({ status: 404, json: { status: 404 } }));
    await alice.page.getByRole('link', { name: 'Operations' }).click();
    await alice.heading('This page could not be loaded').waitFor();
    await alice.openOrganization(orgName);

    await alice.page.goBack();
    await alice.page.unroute(parts);
    await alice.button('Reload').click();
    await alice.page.getByRole('table').waitFor();
  });

  it('shows a notification with the type `constructor`', async () => {
    await api.post('/notifications', { user_id: 'alice', notification: { title: 'Hello', type: 'constructor' } });
    const alice = await open();
    await alice.openNotifications();
    await alice.row('Notifications', 'Hello').waitFor();
  });

  it('can change its colour scheme in a browser that stores nothing', async () => {
    const alice = await open();
    await alice.page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('Access is denied', 'SecurityError');
        },
      });
    });
    await alice.page.reload();
    await alice.button(`Account of ${ALICE}`).click();
    await alice.button('Dark').click();
    await until(() => alice.page.evaluate(() => document.documentElement.dataset.theme === 'dark'));
  });
});

describe('a dialog', () => {
  it('focuses the first invalid field, and creates one resource for a double click', async () => {
    const alice = await open();
    alice.tolerate(/status of 400/);
    await alice.button('New resource').click();
    const dialog = alice.dialog('New resource');
    await dialog.getByLabel('Name').fill('   ');
    await alice.button('Create resource', dialog).click();
    await untilFocused(dialog.locator('[aria-invalid]'));

    await dialog.getByLabel('Name').fill('Once');
    await alice.button('Create resource', dialog).dblclick();
    await dialog.waitFor({ state: 'detached' });
    // A second request would have been sent before this one.
    await alice.createResource('Afterwards');
    expect(await resourceNames()).toEqual(['Once', 'Afterwards']);
  });

  it('ignores a click outside once something is typed, and shows a failure even after Escape', async () => {
    await api.post(`/orgs/${orgId}/members`, { user_id: 'bob', role: 'member' });
    const alice = await open();
    alice.tolerate(/status of 503/);
    let answer = (): void => undefined;
    const left = new Promise<void>((resolve) => (answer = resolve));
    await alice.page.route('**/api/v1/orgs/*/messages', async (route) => {
      await left;
      await route.fulfill({ status: 503, json: { status: 503, detail: 'The database is away.' } });
    });
    await alice.button('Send message').click();
    const dialog = alice.dialog('Send message');
    await alice.page.mouse.click(10, 400);
    await dialog.waitFor({ state: 'detached' });

    await alice.button('Send message').click();
    await dialog.getByLabel('Message').fill('Written for ten minutes');
    await alice.page.mouse.click(10, 400);
    await alice.button('Send', dialog).click();
    await alice.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    answer();
    await alice.toast('The database is away.').waitFor();
  });
});

describe('the focus', () => {
  it('moves to the nearest heading or section when its element disappears', async () => {
    const alice = await open('Plan', 'Map');
    const { page } = alice;
    await alice.button('Delete Map').press('Enter');
    await alice.button('Delete resource').press('Enter');
    await untilFocused(page.getByRole('heading', { name: /^Resources/ }));

    await alice.resources().press('Enter');
    await page.getByRole('heading', { name: 'Plan', level: 2 }).waitFor();
    await untilFocused(page.locator('.organization-main'));
    await until(async () => (await page.title()) === 'Plan · Herald');
    await alice.openSection('Members');
    await until(async () => (await page.title()) === `Members of ${orgName} · Herald`);
    await alice.openSection('Resources');
    await until(async () => (await page.title()) === `${orgName} · Herald`);
  });

  it('goes to the next notification when one is read or deleted', async () => {
    await Promise.all(
      (await api.get('/notifications')).body.items.map(({ id }: { id: string }) => api.delete(`/notifications/${id}`)),
    );
    for (const title of ['C', 'B', 'A'])
      await api.post('/notifications', { user_id: 'alice', notification: { title } });
    const alice = await open();
    const panel = await alice.openNotifications();
    await alice.button('Mark “A” as read', panel).press('Enter');
    await untilFocused(alice.button('Mark “B” as read', panel));
    await alice.button('Delete “C”', panel).press('Enter');
    await untilFocused(alice.button('Delete “B”', panel));
    const all = alice.button('Mark all as read', panel);
    await all.press('Enter');
    await alice.untilUnread(0);
    await untilFocused(all);
  });
});

describe('toasts', () => {
  it('leave a critical alert on show, and wait while one is pointed at', async () => {
    const alice = await open();
    await api.post('/alerts', { message: 'Leave now', severity: 'critical' });
    await alice.toast('Leave now').waitFor();
    // Nothing vanishes while a toast has the focus.
    await alice.button('Dismiss').first().focus();
    await alice.page.clock.install();
    const titles = ['One', 'Two', 'Three', 'Four', 'Five'];
    for (const title of titles) {
      await api.post('/notifications', { user_id: 'alice', notification: { title } });
      await alice.toast(title).waitFor();
    }
    const cards = alice.page.locator('.toast strong');
    const shown = [await cards.first().innerText(), ...titles.slice(1)];
    await untilLines(cards, shown);
    await alice.toast('Three').hover();
    await alice.button('Dismiss').first().blur();
    await alice.page.clock.fastForward(10_000);
    await untilLines(cards, shown);
    await alice.page.mouse.move(10, 400);
    await alice.page.clock.fastForward(10_000);
    await untilLines(cards, shown.slice(0, 1));
    await alice.toast('Leave now').waitFor();
  });
});
