import type { BrowserContext, Locator, Page } from 'playwright-core';
import { until } from '../../src/realtime/testing/until.js';

/** Generous, because other tests run at the same time. */
const PATIENCE_MS = 40_000;

/** The console in a browser, operated only through its visible texts and labels. */
export class ConsolePage {
  /** Problems on the page: console errors and warnings, exceptions, requests to other hosts. */
  readonly complaints: string[] = [];
  /** The URLs of all requests and sockets. */
  readonly addresses: string[] = [];
  /** How often the document was loaded. */
  loads = 0;
  private tolerated: RegExp | null = null;

  private constructor(
    readonly page: Page,
    url: string,
    hosts: readonly string[],
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    const visits = (address: string): void => {
      this.addresses.push(address);
      // URLs without a host are the page's own, such as downloads.
      const { protocol, host } = new URL(address);
      if (/^(http|ws)s?:$/.test(protocol) && ![new URL(url).host, ...hosts].includes(host)) {
        this.complaints.push(`It asked ${address}`);
      }
    };
    page.on('request', (request) => visits(request.url()));
    page.on('websocket', (socket) => visits(socket.url()));
    page.on('domcontentloaded', () => (this.loads += 1));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (!/^(error|warning)$/.test(message.type()) || this.tolerated?.test(message.text())) return;
      this.complaints.push(`${message.text()} (${message.location().url})`);
    });
  }

  /** @param hosts that it may contact besides its own */
  static async open(context: BrowserContext, url: string, hosts: readonly string[] = []): Promise<ConsolePage> {
    const console = new ConsolePage(await context.newPage(), url, hosts);
    await console.page.goto(url);
    return console;
  }

  /** Ignores matching console messages from now on, for tests in which requests fail. */
  tolerate(failures: RegExp): void {
    this.tolerated = failures;
  }

  button(name: string | RegExp, within: Page | Locator = this.page): Locator {
    return within.getByRole('button', { name, exact: typeof name === 'string' });
  }

  dialog(name: string | RegExp): Locator {
    return this.page.getByRole('dialog', { name });
  }

  /** Signs in with one click, in development. */
  async signInAs(name: string): Promise<void> {
    await this.button(new RegExp(`^Sign in as ${name}`)).click();
    await this.button(`Account of ${name}`).waitFor();
  }

  async signOut(): Promise<void> {
    await this.button(/^Account of/).click();
    await this.button('Sign out', this.dialog('Account')).click();
  }

  async openOrganization(name: string): Promise<void> {
    await this.button(/^Organization/).click();
    await this.dialog('Organizations').getByRole('link', { name }).click();
    await this.heading(name).waitFor();
    await this.untilLive();
  }

  /** The organizations that the header lists. */
  async organizations(): Promise<string[]> {
    await this.button(/^Organization/).click();
    const links = this.dialog('Organizations').getByRole('link');
    const names = await links.locator('.truncate').allTextContents();
    await this.page.keyboard.press('Escape');
    return names;
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, level: 1 });
  }

  /** Waits until all connections of the current view are open. */
  async untilLive(): Promise<void> {
    await this.button('Connection: Live').waitFor({ timeout: 60_000 });
  }

  /** Waits until the page shows that its data is not live. */
  async untilLost(): Promise<void> {
    await this.page.getByRole('status').getByText('Connection lost').waitFor();
  }

  async openSection(name: 'Resources' | 'Members'): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name }).click();
  }

  /** The rows of a list, found by its label, such as `Resources`. */
  rows(list: string): Locator {
    return this.page.getByRole('list', { name: list, exact: true }).getByRole('listitem');
  }

  row(list: string, text: string | RegExp): Locator {
    return this.rows(list).filter({ hasText: text });
  }

  resources(): Locator {
    return this.page.getByRole('list', { name: 'Resources' }).getByRole('link');
  }

  async createResource(name: string): Promise<void> {
    await this.button('New resource').click();
    const dialog = this.dialog('New resource');
    await dialog.getByLabel('Name').fill(name);
    await this.button('Create resource', dialog).click();
    await dialog.waitFor({ state: 'detached' });
  }

  /** Waits until the stream shows exactly these events, as sentences, newest first. */
  untilEvents(sentences: string[]): Promise<void> {
    return untilLines(this.rows('Events, newest first'), sentences);
  }

  /** A temporary message in the corner. */
  toast(title: string): Locator {
    return this.page.getByRole('status').getByText(title);
  }

  bell(): Locator {
    return this.button(/^Notifications/);
  }

  async untilUnread(count: number): Promise<void> {
    await this.button(count === 0 ? 'Notifications' : `Notifications, ${count} unread`).waitFor();
  }

  async openNotifications(): Promise<Locator> {
    await this.bell().click();
    const panel = this.dialog('Notifications');
    await panel.waitFor();
    return panel;
  }
}

/** Waits until the first lines of the elements are exactly these. */
export async function untilLines(elements: Locator, expected: string[]): Promise<void> {
  let lines: string[] = [];
  try {
    await until(async () => {
      const texts = await elements.allInnerTexts();
      lines = texts.map((text) => text.trim().split('\n')[0] ?? '');
      return JSON.stringify(lines) === JSON.stringify(expected);
    }, PATIENCE_MS);
  } catch {
    throw new Error(`Not in time: ${JSON.stringify(expected)}. There are ${JSON.stringify(lines)}`);
  }
}
