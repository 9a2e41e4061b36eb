import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ApiClient } from '../support/api-client.js';
import { Consoles } from '../support/consoles.js';
import { type HeraldNode, startEmbeddedNode } from '../support/node.js';
import { freePort } from '../support/servers.js';

jest.setTimeout(240_000);

const ALICE = 'Alice Archer';
const BOB = 'Bob Becker';

let node: HeraldNode;
let consoles: Consoles;
let aliceApi: ApiClient;
let orgId: string;
let orgName: string;
let founded = 0;

beforeAll(async () => {
  // Only of a port that is known before do pages get sockets.
  const port = String(await freePort());
  [node, consoles] = await Promise.all([startEmbeddedNode({ PORT: port }), Consoles.start()]);
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
  await consoles.close();
  await node.stop();
});

async function roleOf(userId: string): Promise<unknown> {
  const { items } = (await aliceApi.get(`/orgs/${orgId}/members`)).body;
  return items.find((member: { user_id: string }) => member.user_id === userId)?.role;
}

describe('the role of a member', () => {
  it('is changed when it is chosen and confirmed, not on the way there', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    await alice.openOrganization(orgName);
    await alice.openSection('Members');
    const dialog = alice.dialog(`Role of ${BOB}`);
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
    await alice.toast(`${BOB} is now admin`).waitFor();
    await alice.button(`Admin, change the role of ${BOB}`).waitFor();
    expect(await roleOf('bob')).toBe('admin');
  });

  it('stays when the server refuses another, and the dialog says why', async () => {
    const alice = await consoles.openAs(ALICE, node.url);
    alice.tolerate(/^Failed to load resource: the server responded with a status of 409/);
    await alice.openOrganization(orgName);
    await alice.openSection('Members');
    await alice.button(`Owner, change the role of ${ALICE}`).click();
    const dialog = alice.dialog(`Role of ${ALICE}`);
    await dialog.getByText('This is your own role').waitFor();
    await dialog.getByRole('radio', { name: /^Member/ }).check();
    await alice.button('Change role', dialog).click();
    await dialog.getByRole('alert').getByText('owner').waitFor();
    expect(await roleOf('alice')).toBe('owner');
  });
});
