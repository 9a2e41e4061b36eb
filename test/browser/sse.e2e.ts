import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBrowser, type TestBrowser } from '../support/chromium.js';
import { type Herald, herald } from '../support/herald.js';
import { type NginxServer, startNginx } from '../support/servers.js';
import { openSite, type Site } from './site.js';

let browser: TestBrowser;
let site: Site;
let node: Herald;
let nginx: NginxServer;
let orgId: string;

beforeAll(async () => {
  [browser, site] = await Promise.all([openBrowser(), openSite('sse')]);
  node = await herald({ ALLOWED_ORIGINS: site.origin, RUN_JOBS: 'false' });
  nginx = await startNginx(Number(new URL(node.url).port), { blocksWebSockets: true });
  orgId = await node.organization('alice');
}, 60_000);
afterAll(async () => {
  await browser.close();
  await site.close();
  await nginx.stop();
  await node.stop();
});

describe('a page behind a proxy that refuses upgrades', () => {
  it('receives events by server-sent events, and resumes', async () => {
    const page = await browser.newPage();
    await page.exposeFunction('getToken', () => node.tokenFor('alice'));
    await page.goto(`${site.url}?url=http://localhost:${nginx.plainPort}&org=${orgId}`);
    await page.waitForFunction('transports.length === 1');
    await node.publish(orgId, 'test.numbered', { n: 1 });
    await page.waitForFunction('heard.length === 1');
    const admin = await node.api('root', { roles: ['realtime-admin'] });
    const { items } = (await admin.get('/realtime/connections?user_id=alice')).body as {
      items: { connection_id: string }[];
    };
    await admin.delete(`/realtime/connections/${items[0]?.connection_id}`);
    await node.publish(orgId, 'test.numbered', { n: 2 });
    await page.waitForFunction('transports.length === 2 && heard.length === 2');
    expect(await page.evaluate('[transports, heard]')).toEqual([
      ['sse', 'sse'],
      [1, 2],
    ]);
  });

  it('receives events by an EventSource, which ends when it is refused for good', async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    const token = await node.tokenFor('alice');
    const other = await node.organization('root', ['alice']);
    const url = `http://localhost:${nginx.plainPort}/sse/events/${other}/?token=${token}`;
    await page.evaluate(`
      window.heard = [];
      window.source = new EventSource(${JSON.stringify(url)});
      source.onmessage = ({ data, lastEventId }) => heard.push([JSON.parse(data).type, lastEventId !== '']);
      source.addEventListener('close', ({ data }) => heard.push(JSON.parse(data)));
    `);
    await page.waitForFunction('heard.length === 1');
    await (await node.api('root')).delete(`/orgs/${other}/members/alice`);
    await page.waitForFunction('source.readyState === EventSource.CLOSED');
    const heard = await page.evaluate<unknown[]>('heard');
    expect([heard[0], heard.at(-1)]).toEqual([
      ['connection.established', true],
      { code: 4003, reason: 'not_a_member' },
    ]);
  });
});
