import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import type { ConsolePage } from '../support/console-page.js';
import { Consoles } from '../support/consoles.js';
import { type Herald, herald } from '../support/herald.js';
import { type OidcProvider, startOidcProvider } from '../support/oidc.js';
import { freePort } from '../support/servers.js';

jest.setTimeout(240_000);

/** The signed-in user, as oidc-client-ts stores it. */
interface StoredUser {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

let provider: OidcProvider;
let node: Herald;
let consoles: Consoles;
let page: ConsolePage;

beforeAll(async () => {
  const port = String(await freePort());
  [provider, consoles] = await Promise.all([startOidcProvider(`http://127.0.0.1:${port}`), Consoles.start()]);
  node = await herald({
    PORT: port,
    KEYCLOAK_JWKS_URL: provider.jwksUrl,
    JWT_ISSUER: provider.issuer,
    JWT_AUDIENCE: provider.audience,
  });
}, 60_000);
beforeEach(async () => {
  page = await consoles.open(node.url, {}, [new URL(provider.issuer).host]);
});
afterEach(() => consoles.leave());
afterAll(async () => {
  await node.stop();
  await provider.stop();
});

async function signIn(name: string): Promise<void> {
  await page.button('Sign in').click();
  await page.page.getByLabel('Name').fill(name);
  await page.button('Log in').click();
  await page.button(`Account of ${name}`).waitFor();
}

/** The session that the tab has stored. */
async function storedUser(): Promise<StoredUser | null> {
  const entries = await page.page.evaluate(() => Object.entries(sessionStorage) as [string, string][]);
  const [, json] = entries.find(([key]) => key.startsWith('herald.oidc.user:')) ?? [];
  return json === undefined ? null : JSON.parse(json);
}

describe('signing in at an OpenID provider', () => {
  it('uses PKCE, survives a reload, and signs out at the provider too', async () => {
    await signIn('alice');
    const authorization = page.addresses.find((address) => address.startsWith(`${provider.issuer}/auth?`));
    expect(Object.fromEntries(new URL(authorization ?? '').searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'herald-console',
      code_challenge_method: 'S256',
    });
    expect(page.page.url()).toBe(`${node.url}/`);

    await page.button('Create organization', page.page.getByRole('main')).click();
    await page.dialog('Create organization').getByLabel('Name').fill('Acme');
    await page.button('Create organization', page.dialog('Create organization')).click();
    await page.heading('Acme').waitFor();
    await page.untilLive();
    await page.createResource('Plan');
    await page.untilEvents(['Plan was created']);

    await page.page.reload();
    await page.heading('Acme').waitFor();
    await page.untilLive();

    await page.signOut();
    await page.button('Log out').click();
    await page.button('Sign in').click();
    // The provider asks for the name again, so its session has ended too.
    await page.page.getByLabel('Name').waitFor();
  });

  // @abuse OPS-13
  it('puts tokens in no address, and stores them only in this tab', async () => {
    await signIn('bob');
    await page.untilLive();
    const user = await storedUser();
    if (user === null) throw new Error('The tab has stored nobody');
    const tokens = [user.access_token, user.refresh_token, Buffer.from(user.access_token).toString('base64url')];
    for (const token of tokens) expect(page.addresses.filter((address) => address.includes(token))).toEqual([]);
    const { cookies, origins } = await page.page.context().storageState({ indexedDB: true });
    expect(origins).toEqual([]);
    const inCookies = JSON.stringify(cookies);
    for (const token of tokens) expect(inCookies).not.toContain(token);

    await page.signOut();
    await page.button('Log out').click();
    await page.button('Sign in').waitFor();
    expect(await storedUser()).toBeNull();
  });

  it('survives a disconnect by an operator: the page reconnects with a new token', async () => {
    await signIn('carol');
    await page.untilLive();
    const before = await storedUser();
    await node.app.get(BroadcastService, { strict: false }).disconnectUser('carol');
    await page.button(/^Connection/).click();
    await page.dialog('Connection').getByText('an operator closed it').waitFor();
    await page.untilLive();
    expect((await storedUser())?.access_token).not.toBe(before?.access_token);
  });

  it('ends, and the page says so, when the provider renews no more tokens', async () => {
    await signIn('dave');
    await page.untilLive();
    const body = new URLSearchParams({
      client_id: 'herald-console',
      token: (await storedUser())?.refresh_token ?? '',
    });
    expect((await fetch(`${provider.issuer}/token/revocation`, { method: 'POST', body })).status).toBe(200);
    page.tolerate(/^Failed to load resource: the server responded with a status of 400/);
    await node.app.get(BroadcastService, { strict: false }).disconnectUser('dave');
    await page.page.getByRole('alert').getByText('Your session has ended').waitFor();
    await page.button('Sign in').waitFor();
    expect(await storedUser()).toBeNull();
  });
});

describe('a page whose origin is not allowed', () => {
  it('says why it can’t be live, and what to do', async () => {
    const closed = await herald({ ALLOWED_ORIGINS: 'https://app.example.com' });
    try {
      const page = await consoles.open(closed.url);
      await page.page
        .getByRole('alert')
        .getByText(`refuses live connections from pages at ${closed.url}. Add it to ALLOWED_ORIGINS`)
        .waitFor();
    } finally {
      await closed.stop();
    }
  });
});
