import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Locator } from 'playwright-core';
import type { ApiClient } from '../support/api-client.js';
import { Consoles } from '../support/consoles.js';
import { herald, type Herald } from '../support/herald.js';
import { freePort } from '../support/servers.js';

jest.setTimeout(240_000);

const ALICE = 'Alice Archer';
const BOB = 'Bob Becker';
const CAROL = 'Carol Chen';
/** Contains an unterminated right-to-left override. */
const TURNING = 'Plan \u202Egpj.exe';

let node: Herald;
let consoles: Consoles;
let aliceApi: ApiClient;
let orgId: string;
let orgName: string;
let founded = 0;

beforeAll(async () => {
  // The server accepts sockets from its own pages only if its port is set in advance.
  const port = String(await freePort());
  [node, consoles] = await Promise.all([herald({ PORT: port }, { embedded: true }), Consoles.start()]);
  aliceApi = await node.api('alice', { roles: ['realtime-admin'], email: 'alice@example.com' });
}, 60_000);
beforeEach(async () => {
  founded += 1;
  orgName = `Organization ${founded}`;
  orgId = (await aliceApi.post('/orgs', { name: orgName })).body.id;
  await aliceApi.post(`/orgs/${orgId}/members`, { user_id: 'bob', role: 'member' });
});
afterEach(() => consoles.leave());
afterAll(async () => {
  await node.stop();
});

async function roleOf(userId: string): Promise<unknown> {
  const { items } = (await aliceApi.get(`/orgs/${orgId}/members`)).body;
  return items.find((member: { user_id: string }) => member.user_id === userId)?.role;
}

/** How far from the left, in pixels, part of an element's text is shown. */
function placeOf(part: string, element: Locator): Promise<number> {
  return element.evaluate((root, text) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const start = walker.currentNode.textContent?.indexOf(text) ?? -1;
      if (start < 0) continue;
      const range = document.createRange();
      range.setStart(walker.currentNode, start);
      range.setEnd(walker.currentNode, start + 1);
      return range.getBoundingClientRect().left;
    }
    throw new Error(`There is no ${text} in ${root.outerHTML}`);
  }, part);
}

describe('the events of an organization', () => {
  it('are still shown after a visit to another page', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.openOrganization(orgName);
    await alice.createResource('Plan');
    await alice.untilEvents(['Plan was created']);
    await alice.page.getByRole('link', { name: 'Operations' }).click();
    await alice.heading('Operations').waitFor();
    await alice.page.goBack();
    await alice.heading(orgName).waitFor();
    await alice.untilEvents(['Plan was created']);
    await alice.untilLive();
    await alice.createResource('Next');
    await alice.untilEvents(['Next was created', 'Plan was created']);
    expect(alice.loads).toBe(1);
  });

  it('are not promised to appear at once while there is no network', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.openOrganization(orgName);
    const events = alice.page.getByRole('region', { name: 'Live events' });
    await events.getByText('it appears at once').waitFor();
    alice.tolerate(/^(Failed to load resource: net::|WebSocket connection to)/);
    await alice.page.context().setOffline(true);
    await events.getByText('once the network is back').waitFor();
    expect(await events.getByText('it appears at once').count()).toBe(0);
    await alice.page.context().setOffline(false);
    await events.getByText('it appears at once').waitFor();
  });
});

describe('an organization', () => {
  it('is shown by its new name once renamed', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.openOrganization(orgName);
    await alice.button('More actions').click();
    await alice.button('Rename…').click();
    const dialog = alice.dialog('Rename organization');
    await dialog.getByLabel('Name').fill(`${orgName}, renamed`);
    await alice.button('Rename', dialog).click();
    await alice.heading(`${orgName}, renamed`).waitFor();
    expect(await alice.organizations()).toContain(`${orgName}, renamed`);
  });

  it('disappears from the page of a member who leaves', async () => {
    const bob = await consoles.openAs(BOB, node.url);
    bob.tolerate(/^Failed to load resource: the server responded with a status of 404/);
    await bob.openOrganization(orgName);
    await bob.button('More actions').click();
    await bob.button('Leave…').click();
    await bob.button('Leave organization', bob.dialog(`Leave ${orgName}?`)).click();
    await bob.toast(`You left ${orgName}`).waitFor();
    expect(await bob.organizations()).not.toContain(orgName);
    expect(await roleOf('bob')).toBeUndefined();
  });
});

describe('an alert', () => {
  it('from an operator is shown only to its recipients', async () => {
    const bob = await consoles.openAs(BOB, node.url);
    const carol = await consoles.openAs(CAROL, node.url);
    await Promise.all([bob.openOrganization(orgName), carol.untilLive()]);
    const alice = await consoles.openAs(ALICE, node.url);
    const send = async (message: string, organization: string): Promise<void> => {
      await alice.button('Send system alert').click();
      const dialog = alice.dialog('Send system alert');
      await dialog.getByLabel('Message').fill(message);
      await dialog.getByRole('radio', { name: 'Critical' }).check();
      await dialog.getByLabel('Organization').fill(organization);
      await alice.button('Send alert', dialog).click();
      await dialog.waitFor({ state: 'detached' });
    };
    await alice.page.getByRole('link', { name: 'Operations' }).click();
    await send('For the organization', orgId);
    await bob.page.getByText('For the organization').waitFor();
    await send('For everybody', '');
    await bob.page.getByText('For everybody').waitFor();
    await carol.page.getByText('For everybody').waitFor();
    expect(await carol.page.getByText('For the organization').count()).toBe(0);
  });
});

describe('a name with a direction override', () => {
  it('does not reverse the text around it', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.openOrganization(orgName);
    await alice.createResource(TURNING);
    await alice.untilEvents([`${TURNING} was created`]);
    const event = alice.rows('Events, newest first').first();
    expect(await placeOf('created', event)).toBeGreaterThan(await placeOf('was', event));
    await alice.button(`Delete \u2068${TURNING}\u2069`).click();
    const title = alice.dialog(/^Delete/).getByRole('heading');
    expect(await placeOf('?', title)).toBeGreaterThan(await placeOf('gpj', title));
  });
});

describe('the role of a member', () => {
  it('changes only when the choice is confirmed', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.openOrganization(orgName);
    await alice.openSection('Members');
    const dialog = alice.dialog(`Change ${BOB}’s role`);
    const { keyboard } = alice.page;

    await alice.button(`Member, change the role of ${BOB}`).click();
    await dialog.getByRole('radio', { name: /^Member/, checked: true }).waitFor();
    await keyboard.press('ArrowUp');
    await dialog.getByRole('radio', { name: /^Admin/, checked: true }).waitFor();
    await alice.button('Cancel', dialog).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await roleOf('bob')).toBe('member');

    await alice.button(`Member, change the role of ${BOB}`).click();
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    await alice.toast(`${BOB} is now an admin`).waitFor();
    await alice.button(`Admin, change the role of ${BOB}`).waitFor();
    expect(await roleOf('bob')).toBe('admin');
  });

  it('stays if the server refuses the change, and the dialog says why', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    alice.tolerate(/^Failed to load resource: the server responded with a status of 409/);
    await alice.openOrganization(orgName);
    await alice.openSection('Members');
    await alice.button(`Owner, change the role of ${ALICE}`).click();
    const dialog = alice.dialog(`Change ${ALICE}’s role`);
    await dialog.getByText('This is your own role').waitFor();
    await dialog.getByRole('radio', { name: /^Member/ }).check();
    await alice.button('Change role', dialog).click();
    await dialog.getByRole('alert').getByText('owner').waitFor();
    expect(await roleOf('alice')).toBe('owner');
  });
});
