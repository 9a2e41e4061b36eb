import type { BrowserContext, Page, WebSocket } from 'playwright-core';
import { until } from '../../src/realtime/testing/until.js';
import type { Shown } from './pages/hooks/shown.js';

/** The hooks' test page in a browser. */
export class HooksPage {
  /** Every socket that the page has opened. */
  readonly sockets: WebSocket[] = [];
  /** Errors from React and from the page. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('websocket', (socket) => this.sockets.push(socket));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // The browser logs failed requests, which some tests cause on purpose.
      const isOfNetwork = /^(Failed to load|WebSocket connection|Access to fetch)/.test(message.text());
      if (message.type() === 'error' && !isOfNetwork) this.complaints.push(message.text());
    });
  }

  /** @param prepare runs before the page shows anything */
  static async open(
    context: BrowserContext,
    url: string,
    shown: Shown,
    prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<HooksPage> {
    const page = new HooksPage(await context.newPage());
    await page.page.goto(url);
    await prepare(page.page);
    await page.show(shown);
    return page;
  }

  async show(fields: Partial<Shown>): Promise<void> {
    await this.page.evaluate((changed) => window.show(changed), fields);
  }

  /** The current values of a part; null if it is not on the page. */
  // Tests read values of any shape; a wrong shape fails their expectations.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async read(part: string): Promise<any> {
    const [text] = await this.page.locator(`[data-part="${part}"] output`).allTextContents();
    return text === undefined ? null : JSON.parse(text);
  }

  /** Waits until the values of a part satisfy a condition. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async until(part: string, holds: (values: any) => boolean): Promise<void> {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    let values: any = null;
    try {
      await until(async () => {
        values = await this.read(part);
        return values !== null && holds(values);
      });
    } catch {
      throw new Error(`Not in time: ${holds.toString()}. The ${part} says ${JSON.stringify(values)}`);
    }
  }

  async click(part: string, name: string): Promise<void> {
    await this.page.locator(`[data-part="${part}"]`).getByRole('button', { name, exact: true }).click();
  }

  openSockets(): WebSocket[] {
    return this.sockets.filter((socket) => !socket.isClosed());
  }

  /** The reason given in each request for a token. */
  asked(): Promise<string[]> {
    return this.page.evaluate(() => window.asked);
  }
}

export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
