import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Locator } from 'playwright-core';
import type { ApiClient } from '../support/api-client.js';
import { type ConsolePage, untilLines } from '../support/console-page.js';
import { Consoles } from '../support/consoles.js';
import { type Herald, herald } from '../support/herald.js';
import { freePort } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';

jest.setTimeout(240_000);

const ORG = 'Acme Robotics';
const ALICE = 'Alice Archer';
const ALL_RULES = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
/** The colour schemes differ only in colours, so the second one needs only these rules. */
const COLOR_RULES = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
/** More presses of Tab than a user would make. */
const MOST_TABS = 30;

let node: Herald;
let consoles: Consoles;
let axe: string;
let apis: Record<'alice' | 'bob' | 'carol', ApiClient>;
let orgId: string;

beforeAll(async () => {
  const port = String(await freePort());
  [node, consoles] = await Promise.all([herald({ PORT: port }), Consoles.start()]);
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await fetch(`${node.url}/dev/demo`, { method: 'POST' });
  const [alice, bob, carol] = await Promise.all([
    node.api('alice', { roles: ['realtime-admin'], email: 'alice@example.com' }),
    node.api('bob', { email: 'bob@example.com' }),
    node.api('carol', { email: 'carol@example.com' }),
  ]);
  apis = { alice, bob, carol };
  orgId = (await alice.get('/orgs')).body.items[0].id;
}, 60_000);
afterEach(() => consoles.leave());
afterAll(async () => {
  await node.stop();
});

/** What axe-core finds on the page in both colour schemes, as rule and place. */
async function findings({ page }: ConsolePage): Promise<string[]> {
  await page.evaluate(axe);
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.waitForFunction((wanted) => matchMedia(`(prefers-color-scheme: ${wanted})`).matches, colorScheme);
    // Transitions change the contrast of text; they begin in the animation frame after the change.
    await page.evaluate(async () => {
      for (let frames = 0; frames < 2; frames += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
      }
    });
    const options = JSON.stringify({ runOnly: colorScheme === 'light' ? ALL_RULES : COLOR_RULES });
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
    for (const { id, nodes } of violations) {
      found.push(`${colorScheme}, ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    }
  }
  return found;
}

/** Activity in the organization. */
async function happen(): Promise<void> {
  const { alice, bob, carol } = apis;
  const create = async (api: ApiClient, name: string, sensitivity = 'normal'): Promise<string> =>
    (await api.post(`/orgs/${orgId}/resources`, { name, sensitivity })).body.id;
  await create(carol, 'Warehouse map');
  const plan = await create(bob, 'Launch plan', 'confidential');
  const path = `/orgs/${orgId}/resources/${plan}`;
  await bob.post(`${path}/comments`, { body: 'The dates are in, @alice: please have a look.' });
  await carol.post(`/orgs/${orgId}/messages`, { to: 'alice', body: 'The map is up to date again.' });
  await create(bob, 'Press kit', 'public');
  const draft = await create(carol, 'Old draft');
  await carol.delete(`/orgs/${orgId}/resources/${draft}`);
  await bob.patch(path, { name: 'Launch plan, final' });
  await alice.post(`/orgs/${orgId}/events`, {
    event_type: 'robot.deployed',
    data: { serial: 'R-1042', site: 'Berlin' },
  });
}

/** Presses Tab until the element has the focus. */
async function tabTo({ page }: ConsolePage, element: Locator): Promise<void> {
  await element.waitFor();
  for (let tabs = 0; !(await element.evaluate((each) => each === document.activeElement)); tabs += 1) {
    if (tabs === MOST_TABS) throw new Error(`Not reached by ${MOST_TABS} tabs: ${String(element)}`);
    await page.keyboard.press('Tab');
  }
}

/** The WCAG contrast, from 1 to 21, of two colours in the form `rgb(1, 2, 3)`. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [one, other].map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('axe finds nothing, in light or dark,', () => {
  it('on the sign-in page', async () => {
    const page = await consoles.open(node.url);
    await page.button(/^Sign in as Alice/).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it('on an organization, its members, its dialogs, notifications and connections', async () => {
    const page = await consoles.openAs(ALICE, node.url);
    await page.heading(ORG).waitFor();
    await page.untilLive();
    await happen();
    await page.row('Events, newest first', 'robot.deployed').waitFor();
    expect(await findings(page)).toEqual([]);

    const panel = await page.openNotifications();
    await page.row('Notifications', 'New message').first().waitFor();
    expect(await findings(page)).toEqual([]);
    await page.page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });

    await page.button('Connection: Live').click();
    await page.dialog('Connection').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.page.keyboard.press('Escape');

    page.tolerate(/status of (400|404)/);
    await page.button('New resource').click();
    const dialog = page.dialog('New resource');
    await dialog.getByLabel('Name').fill('   ');
    await page.button('Create resource', dialog).click();
    await dialog.locator('[aria-invalid=true]').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.page.keyboard.press('Escape');

    await page.button('Delete Launch plan, final').first().click();
    await page.dialog(/^Delete/).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.page.keyboard.press('Escape');

    await page.resources().filter({ hasText: 'Launch plan, final' }).first().click();
    await page.row('Comments, oldest first', 'The dates are in').waitFor();
    expect(await findings(page)).toEqual([]);

    await page.openSection('Members');
    await page.row('Members', 'Bob Becker').waitFor();
    expect(await findings(page)).toEqual([]);

    await page.page.goto(`${node.url}/#/orgs/${orgId}/resources/gone`);
    await page.page.getByRole('heading', { name: 'This resource is gone' }).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it('on an empty organization', async () => {
    const api = await node.api('alice');
    const { id } = (await api.post('/orgs', { name: 'Empty' })).body;
    const page = await consoles.openAs(ALICE, node.url);
    // Otherwise the console could still be on its way to the first organization.
    await page.heading(ORG).waitFor();
    await page.page.goto(`${node.url}/#/orgs/${String(id)}`);
    await page.heading('Empty').waitFor();
    await page.untilLive();
    expect(await findings(page)).toEqual([]);
  });

  it('on the operations page', async () => {
    const page = await consoles.openAs(ALICE, node.url);
    await page.page.getByRole('link', { name: 'Operations' }).click();
    await page.page.getByRole('table').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.button('Send system alert').click();
    await page.dialog('Send system alert').waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it('on a phone', async () => {
    const page = await consoles.openAs(ALICE, node.url, { viewport: { width: 390, height: 844 } });
    await page.resources().first().waitFor();
    expect(await findings(page)).toEqual([]);
    const [width, shown] = await page.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(width).toBe(shown);
  });
});

describe('the connection’s state on a phone', () => {
  it('is shown in words, not only by colour, if the page is not live', async () => {
    const page = await consoles.openAs(ALICE, node.url, { viewport: { width: 360, height: 740 } });
    await page.untilLive();
    page.tolerate(/^(Failed to load resource: net::|WebSocket connection to)/);
    const pill = page.button(/^Connection/);
    expect(await pill.getByText('Live').isVisible()).toBe(false);
    await page.page.context().setOffline(true);
    await pill.getByText('Offline').waitFor();
    expect(await findings(page)).toEqual([]);
    const [width, shown] = await page.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(width).toBe(shown);
  });
});

describe('a field', () => {
  it('has a visible border, in light and dark', async () => {
    const page = await consoles.openAs(ALICE, node.url);
    await page.button('New resource').click();
    const field = page.dialog('New resource').getByLabel('Description');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const [frame, ground] = await field.evaluate((each) => {
        const { borderTopColor, backgroundColor } = getComputedStyle(each);
        return [borderTopColor, backgroundColor];
      });
      expect(contrast(frame, ground)).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('the keyboard alone', () => {
  it('signs in, creates a resource, and reads a notification', async () => {
    const page = await consoles.open(node.url);
    const { keyboard } = page.page;
    await tabTo(page, page.button(/^Sign in as Alice/));
    await keyboard.press('Enter');
    await page.untilLive();

    const create = page.button('New resource');
    await tabTo(page, create);
    await keyboard.press('Enter');
    await page.dialog('New resource').waitFor();
    await keyboard.type('By hand');
    await keyboard.press('Enter');
    await page.dialog('New resource').waitFor({ state: 'detached' });
    await untilLines(page.resources().first(), ['By hand']);
    // The focus returns to where it was before the dialog.
    expect(await create.evaluate((each) => each === document.activeElement)).toBe(true);

    await apis.bob.post(`/orgs/${orgId}/messages`, { to: 'alice', body: 'By keyboard, too' });
    const row = page.row('Notifications', 'By keyboard, too');
    await page.toast('By keyboard, too').waitFor();
    await page.page.reload();
    await tabTo(page, page.bell());
    await keyboard.press('Enter');
    await tabTo(page, page.button('Mark “New message” as read', row));
    await keyboard.press('Enter');
    await page.button('Mark “New message” as read', row).waitFor({ state: 'detached' });
    await keyboard.press('Escape');
    await page.dialog('Notifications').waitFor({ state: 'detached' });
    expect(await page.bell().evaluate((each) => each === document.activeElement)).toBe(true);
  });
});

// `SCREENSHOTS=docs npm test -- console-look` renews docs/console.png for the README.
const folder = process.env.SCREENSHOTS;
if (folder !== undefined) {
  it('makes the screenshot for the README', async () => {
    await apis.alice.post('/notifications/read_all');
    for (const { id, name } of (await apis.alice.get(`/orgs/${orgId}/resources?limit=100`)).body.items) {
      const isOfDemo = ['Welcome guide', 'Roadmap', 'Payroll'].includes(name);
      if (!isOfDemo) await apis.alice.delete(`/orgs/${orgId}/resources/${id}`);
    }
    const look = { colorScheme: 'light', deviceScaleFactor: 2, reducedMotion: 'reduce' } as const;
    const alice = await consoles.openAs(ALICE, node.url, look);
    for (const name of ['Bob Becker', 'Carol Chen']) await (await consoles.openAs(name, node.url)).untilLive();
    await alice.untilLive();
    await happen();
    await alice.row('Events, newest first', 'robot.deployed').waitFor();
    await alice.untilUnread(2);
    // The bell has the same messages, and the toasts would hide events.
    for (const title of ['You were mentioned', 'New message']) {
      await alice.button('Dismiss').first().click();
      await alice.toast(title).waitFor({ state: 'detached' });
    }
    await until(async () => (await alice.rows('Online now').count()) === 3);
    await alice.page.screenshot({ path: join(folder, 'console.png') });
  });
}
