import { expect } from '@jest/globals';
import type { BrowserContext, BrowserContextOptions } from 'playwright-core';
import { openBrowser, type TestBrowser } from './chromium.js';
import { ConsolePage } from './console-page.js';

/** One Chromium in which each user of a test file opens the console in a profile of their own. */
export class Consoles {
  private readonly pages: ConsolePage[] = [];

  private constructor(private readonly browser: TestBrowser) {}

  static async start(): Promise<Consoles> {
    return new Consoles(await openBrowser());
  }

  /** @param hosts that the page may contact besides its own */
  async open(url: string, options?: BrowserContextOptions, hosts?: readonly string[]): Promise<ConsolePage> {
    const context = await this.browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options });
    await context.addInitScript(clearGlass);
    return this.openIn(context, url, hosts);
  }

  /** Opens the console and signs in by clicking on a name. */
  async openAs(name: string, url: string, options?: BrowserContextOptions): Promise<ConsolePage> {
    const page = await this.open(url, options);
    await page.signInAs(name);
    return page;
  }

  /** Opens another window in the same profile. */
  async openBeside({ page }: ConsolePage, url: string): Promise<ConsolePage> {
    return this.openIn(page.context(), url);
  }

  /** Closes all pages; fails if one had problems. */
  async leave(): Promise<void> {
    const complaints = this.pages.splice(0).flatMap((page) => page.complaints);
    await this.browser.close();
    expect(complaints).toEqual([]);
  }

  private async openIn(context: BrowserContext, url: string, hosts?: readonly string[]): Promise<ConsolePage> {
    const page = await ConsolePage.open(context, url, hosts);
    this.pages.push(page);
    return page;
  }
}

/** Runs in the page: without a graphics card, blurring backdrops takes longer than everything else in a dialog. */
function clearGlass(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, ::backdrop { backdrop-filter: none !important }');
  document.adoptedStyleSheets.push(sheet);
}
