import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ExportsService } from '../../src/exports/exports.service.js';
import { Resource } from '../../src/resources/resource.entity.js';
import type { ApiClient } from '../support/api-client.js';
import { type ConsolePage, untilLines } from '../support/console-page.js';
import { Consoles } from '../support/consoles.js';
import { herald, type Herald } from '../support/herald.js';
import { freePort } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';

jest.setTimeout(240_000);

const ALICE = 'Alice Archer';
const BOB = 'Bob Becker';

let node: Herald;
let consoles: Consoles;
/** Alice owns each test's organization, and is an operator. */
let aliceApi: ApiClient;
let bobApi: ApiClient;
let orgId: string;
let orgName: string;
let founded = 0;

beforeAll(async () => {
  // The server accepts sockets from its own pages only if its port is set in advance.
  const port = String(await freePort());
  [node, consoles] = await Promise.all([herald({ PORT: port }, { embedded: true }), Consoles.start()]);
  [aliceApi, bobApi] = await Promise.all([
    node.api('alice', { roles: ['realtime-admin'], email: 'alice@example.com' }),
    node.api('bob', { email: 'bob@example.com' }),
  ]);
}, 60_000);
beforeEach(async () => {
  founded += 1;
  orgName = `Organization ${founded}`;
  orgId = (await aliceApi.post('/orgs', { name: orgName })).body.id;
  await aliceApi.post(`/orgs/${orgId}/members`, { user_id: 'bob', role: 'admin' });
  await Promise.all([aliceApi, bobApi].map((api) => api.post('/notifications/read_all')));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await consoles.leave();
});
afterAll(async () => {
  await node.stop();
});

/** Pages of Alice and Bob, in separate browser contexts, on the test's organization. */
async function both(): Promise<[alice: ConsolePage, bob: ConsolePage]> {
  const pages = await Promise.all([consoles.openAs(ALICE, node.url), consoles.openAs(BOB, node.url)]);
  for (const page of pages) await page.openOrganization(orgName);
  return pages;
}

/** The user's connections, according to the server. */
async function connectionsOf(userId: string): Promise<{ connection_id: string; expires_at: string }[]> {
  return (await aliceApi.get(`/realtime/connections?user_id=${userId}`)).body.items;
}

describe('two people', () => {
  it('see each other, and each other’s changes, at once', async () => {
    const [alice, bob] = await both();
    for (const page of [alice, bob]) await untilLines(page.rows('Online now').locator('.truncate'), [ALICE, BOB]);

    await alice.createResource('Plan');
    for (const page of [alice, bob]) {
      await untilLines(page.resources(), ['Plan']);
      await page.untilEvents(['Plan was created']);
    }
    await bob.button('Edit Plan').click();
    const edit = bob.dialog('Edit resource');
    await edit.getByLabel('Name').fill('Better plan');
    await edit.getByLabel('Confidential').check();
    await bob.button('Save changes', edit).click();
    await untilLines(alice.resources(), ['Better plan']);
    await alice.row('Resources', 'Better plan').getByText('confidential').waitFor();

    await alice.button('Delete Better plan').click();
    await alice.button('Delete resource').click();
    const events = ['Better plan was deleted', 'Better plan was updated', 'Plan was created'];
    for (const page of [bob, alice]) {
      await untilLines(page.resources(), []);
      await page.untilEvents(events);
    }

    await bob.page.close();
    await untilLines(alice.rows('Online now').locator('.truncate'), [ALICE]);
  });

  it('reach each other by a mention and by a message', async () => {
    await aliceApi.post(`/orgs/${orgId}/resources`, { name: 'Plan' });
    const [alice, bob] = await both();
    await alice.resources().filter({ hasText: 'Plan' }).click();
    const comment = alice.page.getByRole('textbox', { name: 'Comment' });
    await comment.pressSequentially('Please look at this, @bo');
    await alice.page.getByRole('option', { name: BOB }).waitFor();
    await comment.press('Enter');
    await alice.button('Comment').click();

    await bob.toast('You were mentioned').waitFor();
    await bob.untilUnread(1);
    const panel = await bob.openNotifications();
    await bob.row('Notifications', /^You were mentioned \(unread\)Please look at this/).waitFor();
    await panel.getByRole('link', { name: 'Open: You were mentioned' }).click();
    await bob.row('Comments, oldest first', `Please look at this, @${BOB}`).waitFor();
    await bob.untilUnread(0);

    await bob.openSection('Members');
    await bob.button(`Send a message to ${ALICE}`).click();
    await bob.dialog('Send message').getByLabel('Message').fill('I have, thank you');
    await bob.button('Send').click();
    await alice.untilUnread(1);
    await alice.openNotifications();
    await alice.rows('Notifications').first().getByText('I have, thank you').waitFor();
  });

  it('see an organization disappear when they are removed, return when added, and disappear when deleted', async () => {
    const [alice, bob] = await both();
    // The page requests the lost organization once more, and gets a 404.
    for (const page of [alice, bob])
      page.tolerate(/^Failed to load resource: the server responded with a status of 404/);
    await alice.openSection('Members');
    await alice.button(`Remove ${BOB}`).click();
    await alice.button('Remove member').click();
    await bob.heading(`You are no longer a member of ${orgName}`).waitFor();
    await until(async () => !(await bob.organizations()).includes(orgName));
    await alice.untilEvents([`${BOB} left the organization`]);

    await alice.button('Add member').click();
    const add = alice.dialog('Add member');
    await add.getByLabel('User ID').fill('bob');
    await alice.button('Add member', add).click();
    await bob.heading(orgName).waitFor();
    await bob.untilLive();
    await until(async () => (await bob.organizations()).includes(orgName));

    await alice.button('More actions').click();
    await alice.button('Delete…').click();
    await alice.button('Delete organization').click();
    await bob.heading(`You are no longer a member of ${orgName}`).waitFor();
    await until(async () => !(await bob.organizations()).includes(orgName));
    await until(async () => !(await alice.organizations()).includes(orgName));
  });
});

describe('one person', () => {
  it('has two windows that agree on what is read, and share their connections', async () => {
    const first = await consoles.openAs(BOB, node.url);
    const second = await consoles.openBeside(first, node.url);
    await second.signInAs(BOB);
    await aliceApi.post(`/orgs/${orgId}/messages`, { to: 'bob', body: 'One' });
    await aliceApi.post(`/orgs/${orgId}/messages`, { to: 'bob', body: 'Two' });
    for (const window of [first, second]) await window.untilUnread(2);

    await first.openNotifications();
    await first.button('Mark “New message” as read', first.row('Notifications', 'One')).click();
    for (const window of [first, second]) await window.untilUnread(1);
    const panel = await second.openNotifications();
    await second.row('Notifications', 'New message (unread)Two').waitFor();
    await second.row('Notifications', 'New messageOne').waitFor();
    await second.button('Mark all as read', panel).click();
    for (const window of [first, second]) await window.untilUnread(0);
    await second.button('Delete “New message”', second.row('Notifications', 'Two')).click();
    for (const window of [first, second]) await window.row('Notifications', 'Two').waitFor({ state: 'detached' });
    expect(await connectionsOf('bob')).toHaveLength(2);
  });

  it('watches an export, and saves a file with every row', async () => {
    const names = Array.from({ length: 250 }, (_, number) => `Resource ${number}`);
    const rows = names.map((name) => ({
      id: uuidv7(),
      orgId,
      name,
      sensitivity: 'normal' as const,
      description: null,
    }));
    const resources = node.app.get(DataSource).getRepository(Resource);
    await resources.createQueryBuilder().insert().values(rows).callListeners(false).execute();
    const bob = await consoles.openAs(BOB, node.url);
    await bob.openOrganization(orgName);

    // The export continues only after the page has shown its progress.
    const bar = bob.page.getByRole('progressbar', { name: 'Export progress' });
    const shown: (string | null)[] = [];
    const exports = node.app.get(ExportsService);
    const report = exports.reportProgress.bind(exports);
    jest.spyOn(exports, 'reportProgress').mockImplementation(async (row, progress) => {
      await report(row, progress);
      await bob.page.getByText(`${progress}%`).waitFor();
      shown.push(await bar.getAttribute('value'));
    });
    await bob.button('Export').click();
    await bob.button('Start export').click();
    await bob.page.getByText('Your file is ready').waitFor();
    expect(shown).toContain('80');
    await bob.untilUnread(1);
    const [download] = await Promise.all([bob.page.waitForEvent('download'), bob.button('Download').click()]);
    expect(download.suggestedFilename()).toMatch(/^export-.*\.csv$/);
    const [head, ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(head).toBe('id,name,sensitivity,description,created_at,updated_at');
    expect(lines.map((line) => line.split(',')[1])).toEqual(names);
  });

  it('stays connected while tokens expire', async () => {
    const bob = await consoles.open(node.url);
    await bob.page.route('**/dev/token', (route) =>
      route.continue({ postData: { ...route.request().postDataJSON(), expires_in: 12 } }),
    );
    await bob.signInAs(BOB);
    await bob.openOrganization(orgName);
    await until(async () => (await connectionsOf('bob')).length === 2);
    const before = await connectionsOf('bob');
    const ends = new Map(before.map(({ connection_id, expires_at }) => [connection_id, expires_at]));
    await until(async () => {
      const now = await connectionsOf('bob');
      const areRenewed = now.every(({ connection_id, expires_at }) => expires_at > (ends.get(connection_id) ?? ''));
      // By one token.
      return areRenewed && new Set(now.map(({ expires_at }) => expires_at)).size === 1;
    });
    const ids = (connections: typeof before): string[] => connections.map(({ connection_id }) => connection_id).sort();
    expect(ids(await connectionsOf('bob'))).toEqual(ids(before));
    await aliceApi.post(`/orgs/${orgId}/resources`, { name: 'Afterwards' });
    await bob.untilEvents(['Afterwards was created']);
  });
});

describe('the operations page', () => {
  it('shows who is connected, and closes one or all connections of a user, whose page reconnects', async () => {
    const [alice, bob] = await both();
    await alice.page.getByRole('link', { name: 'Operations' }).click();
    const table = alice.page.getByRole('table');
    const rowsOf = (userId: string) => table.getByRole('row').filter({ hasText: `${userId} ·` });
    // On the operations page, Alice is connected only to her notifications.
    await until(async () => (await rowsOf('alice').count()) === 1 && (await rowsOf('bob').count()) === 2);
    const figure = alice.page.getByRole('figure', { name: 'Connections' });
    await figure.getByText('3', { exact: true }).first().waitFor();

    const [first] = (await connectionsOf('bob')).map(({ connection_id }) => connection_id);
    await alice.button(`Close connection ${first} of bob`).click();
    await alice.button('Close connection').click();
    await alice.toast('A connection of bob was closed').waitFor();
    await until(async () => {
      const ids = (await connectionsOf('bob')).map(({ connection_id }) => connection_id);
      return ids.length === 2 && !ids.includes(first ?? '');
    });
    const before = await connectionsOf('bob');
    await alice.button('Disconnect bob everywhere').first().click();
    await alice.button('Disconnect user').click();
    await until(async () => {
      const ids = (await connectionsOf('bob')).map(({ connection_id }) => connection_id);
      return ids.length === 2 && !before.some(({ connection_id }) => ids.includes(connection_id));
    });
    await bob.untilLive();
    await aliceApi.post(`/orgs/${orgId}/resources`, { name: 'Still heard' });
    await bob.untilEvents(['Still heard was created']);
    expect(bob.loads).toBe(1);
  });

  it('shows when there are more connections than it counts', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await until(async () => (await connectionsOf('alice')).length > 0);
    const [connection] = await connectionsOf('alice');
    await alice.page.route('**/api/v1/realtime/connections?*', (route) => {
      const items = Array.from({ length: 100 }, () => ({ ...connection, connection_id: uuidv7() }));
      return route.fulfill({ json: { items, next_cursor: uuidv7() } });
    });
    await alice.page.getByRole('link', { name: 'Operations' }).click();
    await alice.page.getByRole('figure', { name: 'Connections' }).getByText('1,000+', { exact: true }).waitFor();
    await alice.page.getByRole('heading', { name: 'Live connections 1,000+' }).waitFor();
  });

  it('has charts that are usable without colour, and with a screen reader', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.page.getByRole('link', { name: 'Operations' }).click();
    const figure = alice.page.getByRole('figure', { name: 'Connections' });
    await figure.getByRole('img', { name: /All nodes: from \d+ to \d+\. This node: from \d+ to \d+\.$/ }).waitFor();
    await until(async () => (await figure.locator('.recharts-area-curve[stroke-dasharray]').count()) === 1);
    expect(await figure.locator('.chart-legend [data-dashed]').count()).toBe(1);
  });

  it('is only for operators', async () => {
    const bob = await consoles.openAs(BOB, node.url);
    await bob.openOrganization(orgName);
    await bob.button(`Account of ${BOB}`).click();
    await bob.button('Sign out').waitFor();
    expect(await bob.page.getByRole('link', { name: 'Operations' }).count()).toBe(0);
    await bob.page.evaluate(() => (location.hash = '/operations'));
    await bob.heading('This page is for operators').waitFor();
    expect(bob.addresses.filter((address) => /metrics|realtime\/connections/.test(address))).toEqual([]);
  });
});
