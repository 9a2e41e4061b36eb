import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM, provideProgram } from './servers.js';

/** A real browser under the control of a test. Whoever opens it closes it. */
export class TestBrowser {
  private constructor(private readonly browser: Browser) {}

  static async open(): Promise<TestBrowser> {
    const executablePath = process.env.CHROMIUM ?? (await provideProgram(CHROMIUM, 'chromium'));
    // Chromium's sandbox refuses to run for root.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return new TestBrowser(
      await chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage', '--disable-gpu'] }),
    );
  }

  /** A page of a profile of its own, that shares nothing with others. */
  async newPage(): Promise<Page> {
    const context = await this.newContext();
    return context.newPage();
  }

  /** A profile of its own, whose pages are the tabs of one browser. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    // Without it every page that pulses and fades is painted anew all the time, by the processor that the tests need.
    return this.browser.newContext({ reducedMotion: 'reduce', ...options });
  }

  /** Ends all its pages, too. */
  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** Starts Chromium: that of the machine, of `CHROMIUM`, or of Debian's package. */
export function openBrowser(): Promise<TestBrowser> {
  return TestBrowser.open();
}
