import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Frame, Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from '../support/chromium.js';
import { leavesNothing, refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';

/** What the page saw of a socket. */
interface Seen {
  hasOpened: boolean;
  code: number;
  reason: string;
  protocol: string;
  first: unknown;
}

let browser: TestBrowser;
let pages: Server;
let node: Herald;
let token: string;
let foreignOrg: string;

/** A page of the named site: Chromium resolves every name under localhost to this machine. */
const site = (name: string) => `http://${name}.localhost:${(pages.address() as AddressInfo).port}/`;

beforeAll(async () => {
  pages = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<title>Page</title>'),
  );
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  [browser, node] = await Promise.all([openBrowser(), herald({ ALLOWED_ORIGINS: site('app').slice(0, -1) })]);
  token = await node.tokenFor('victim');
  foreignOrg = (await (await node.api('somebody')).post('/orgs', { name: 'Foreign' })).body.id;
}, 60_000);
afterAll(async () => {
  await browser.close();
  pages.close();
  try {
    await leavesNothing(node);
  } finally {
    await node.stop();
  }
});

async function visit(name: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(site(name));
  return page;
}

/** Opens a socket in the page; resolves with its first message or its close. */
function openSocket(page: Page | Frame, path: string, protocols: string[] = []): Promise<Seen> {
  return page.evaluate(
    ([url, offered]) =>
      new Promise<Seen>((resolve) => {
        const socket = new WebSocket(url, offered);
        const seen: Seen = { hasOpened: false, code: 0, reason: '', protocol: '', first: null };
        socket.onopen = () => {
          seen.hasOpened = true;
          seen.protocol = socket.protocol;
        };
        socket.onmessage = ({ data }) => {
          resolve({ ...seen, first: JSON.parse(String(data)) });
          socket.close();
        };
        socket.onclose = ({ code, reason }) => resolve({ ...seen, code, reason });
      }),
    [`${node.wsUrl}${path}`, protocols] as const,
  );
}

const REFUSED = { hasOpened: false, code: 1006, reason: '', protocol: '', first: null };

describe('a page of the application, in a real browser', () => {
  // @abuse ORIG-28
  it('connects with its token in a subprotocol, which is not echoed', async () => {
    const page = await visit('app');
    const credential = `access_token.${Buffer.from(token).toString('base64url')}`;
    expect(await openSocket(page, '/ws/notifications/', ['herald.v1', credential])).toMatchObject({
      hasOpened: true,
      protocol: 'herald.v1',
      first: { type: 'connection.established', user_id: 'victim' },
    });
  });

  // @abuse ORIG-28
  it('sees 4001 and 4003, with their reasons', async () => {
    const page = await visit('app');
    expect(await openSocket(page, '/ws/notifications/')).toMatchObject({
      hasOpened: true,
      code: 4001,
      reason: 'token_missing',
    });
    expect(await openSocket(page, `/ws/events/${foreignOrg}/?token=${token}`)).toMatchObject({
      hasOpened: true,
      code: 4003,
      reason: 'not_a_member',
    });
  });

  // @abuse ORIG-28
  it('sees only 1006 when refused before the handshake', async () => {
    const page = await visit('app');
    expect(await openSocket(page, `/ws/unknown/?token=${token}`)).toEqual(REFUSED);
  });
});

describe('a page of another site, in a real browser', () => {
  // @abuse ORIG-28
  it('never gets a socket, even with the victim’s own token and cookies', async () => {
    const before = await refused(node, 'origin');
    const page = await visit('evil');
    await page.context().addCookies([{ name: 'access_token', value: token, url: node.url }]);
    expect(await openSocket(page, `/ws/notifications/?token=${token}`)).toEqual(REFUSED);
    expect(await refused(node, 'origin')).toBe(before + 1);
  });

  // @abuse ORIG-29
  it('never gets one from a sandboxed iframe, not even inside the application', async () => {
    const before = await refused(node, 'origin');
    for (const name of ['evil', 'app']) {
      const page = await visit(name);
      await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<title>Inside</title>"></iframe>');
      const handle = await page.waitForSelector('iframe');
      const frame = await handle.contentFrame();
      if (frame === null) throw new Error('The frame has no document');
      expect(await frame.evaluate('origin')).toBe('null');
      expect(await openSocket(frame, `/ws/notifications/?token=${token}`)).toEqual(REFUSED);
    }
    expect(await refused(node, 'origin')).toBe(before + 2);
  });
});
