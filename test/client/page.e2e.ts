import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import { type Herald, herald } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllConnections, connected, numbersOf, watchedEvents, watchEvents } from './watch.js';

/** Browser globals that Node lacks, under a test's control. */
class Page extends EventTarget {
  private readonly navigator = { onLine: true };
  private readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' });

  /** Installs the globals; the returned function restores the old ones. */
  open(): () => void {
    const place = globalThis as Record<string, unknown>;
    const before = Object.entries(this.parts()).map(([name]) => [name, Object.getOwnPropertyDescriptor(place, name)]);
    for (const [name, value] of Object.entries(this.parts())) {
      Object.defineProperty(place, name, { value, configurable: true });
    }
    return () => {
      for (const [name, descriptor] of before as [string, PropertyDescriptor | undefined][]) {
        if (descriptor === undefined) Reflect.deleteProperty(place, name);
        else Object.defineProperty(place, name, descriptor);
      }
    };
  }

  /** Loses the network, before the page gets an event. */
  loseNetwork(): void {
    this.navigator.onLine = false;
  }

  set isOnline(isOnline: boolean) {
    this.navigator.onLine = isOnline;
    this.dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
  }

  set isVisible(isVisible: boolean) {
    this.document.visibilityState = isVisible ? 'visible' : 'hidden';
    this.document.dispatchEvent(new Event('visibilitychange'));
  }

  private parts(): Record<string, unknown> {
    const { navigator, document } = this;
    return { navigator, document, addEventListener: this.addEventListener.bind(this) };
  }
}

let node: Herald;
let orgId: string;
let page: Page;
let leave: () => void;

beforeAll(async () => {
  node = await herald();
  orgId = (await (await node.api('alice')).post('/orgs', { name: 'Acme' })).body.id;
});
beforeEach(() => {
  page = new Page();
  leave = page.open();
});
afterEach(async () => {
  closeAllConnections();
  leave();
  await until(() => openConnections(node).length === 0);
});
afterAll(() => node.stop());

const options = { getToken: () => node.tokenFor('alice') };

async function publish(n: number): Promise<void> {
  await node.app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, 'test.numbered', { n });
}

describe('a page without a network', () => {
  it('pauses, and reconnects at once when the network returns, without missing anything', async () => {
    const watch = await watchEvents(orgId, { ...options, url: node.url });
    page.isOnline = false;
    expect(watch.connection.state).toMatchObject({ status: 'offline', connectionId: undefined });
    await until(() => openConnections(node).length === 0);
    await publish(1);
    page.isOnline = true;
    expect(watch.connection.state.status).toBe('connecting');
    await connected(watch, 2);
    await publish(2);
    await until(() => numbersOf(watch).length === 2);
    expect(numbersOf(watch)).toEqual([1, 2]);
    expect(watch.connection.state.reconnects).toBe(1);
    expect(watch.states.map(({ status }) => status)).not.toContain('waiting');
  });

  it('requests nothing if it starts that way', async () => {
    page.isOnline = false;
    let asked = 0;
    const getToken = (): Promise<string> => {
      asked += 1;
      return options.getToken();
    };
    const watch = watchedEvents(orgId, { getToken, url: node.url });
    await until(() => watch.connection.state.status === 'offline');
    expect(asked).toBe(0);
    page.isOnline = true;
    await connected(watch);
    expect(asked).toBe(1);
  });

  it('does not retry a link that is lost while it is offline', async () => {
    const watch = await watchEvents(orgId, { ...options, url: node.url });
    const { state } = watch.connection;
    page.loseNetwork();
    for (const each of openConnections(node)) each.close({ code: 1013, reason: 'unavailable' });
    await until(() => watch.connection.state !== state && watch.connection.state.status === 'offline');
    expect(watch.connection.state.closed).toEqual({ code: 1013, reason: 'unavailable' });
    page.isOnline = true;
    await connected(watch, 2);
  });

  it('tries anyway if told to reconnect', async () => {
    page.isOnline = false;
    const watch = watchedEvents(orgId, { ...options, url: node.url });
    await until(() => watch.connection.state.status === 'offline');
    watch.connection.reconnect();
    await connected(watch);
    expect(watch.connection.state.status).toBe('connected');
  });

  it('leaves a closed connection closed', async () => {
    const { connection } = await watchEvents(orgId, { ...options, url: node.url });
    connection.close();
    page.isOnline = false;
    page.isOnline = true;
    expect(connection.state.status).toBe('closed');
  });
});

describe('a page that comes to the foreground', () => {
  it('checks at once whether the link is alive', async () => {
    const { connection, states } = await watchEvents(orgId, { ...options, url: node.url });
    await until(() => connection.state.latency !== undefined);
    page.isVisible = false;
    const before = states.length;
    page.isVisible = true;
    await until(() => states.length > before);
    expect(states.slice(before)).toMatchObject([{ status: 'connected', latency: expect.any(Number) }]);
  });
});
