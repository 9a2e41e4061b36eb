import { expect } from '@jest/globals';
import type { BrowserContext, BrowserContextOptions } from 'playwright-core';
import { openBrowser, type TestBrowser } from './chromium.js';
import { ConsolePage } from './console-page.js';

/** One Chromium, in which the users of a test file have the console open, each with a profile of their own. */
export class Consoles {
  private readonly pages: ConsolePage[] = [];

  private constructor(private readonly browser: TestBrowser) {}

  static async start(): Promise<Consoles> {
    return new Consoles(await openBrowser());
  }

  /** @param hosts that the page may ask besides its own */
  async open(url: string, options?: BrowserContextOptions, hosts?: readonly string[]): Promise<ConsolePage> {
    const context = await this.browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options });
    await context.addInitScript(clearGlass);
    return this.openIn(context, url, hosts);
  }

  /** The page of somebody who has clicked on their name. */
  async openAs(name: string, url: string, options?: BrowserContextOptions): Promise<ConsolePage> {
    const page = await this.open(url, options);
    await page.signInAs(name);
    return page;
  }

  /** Another window of the same profile. */
  async openBeside({ page }: ConsolePage, url: string): Promise<ConsolePage> {
    return this.openIn(page.context(), url);
  }

  /** Ends all pages; fails if one of them has done what no page should. */
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

/** Runs in the page: what is behind glass, blurred without a graphics card, takes longer than all else that a dialog does. */
function clearGlass(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, ::backdrop { backdrop-filter: none !important }');
  document.adoptedStyleSheets.push(sheet);
}
