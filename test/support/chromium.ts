import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM, provideProgram } from './servers.js';

/** Shared by this process, which it ends with: starting one for each file would take a second of CPU. */
let chromiumOfProcess: Promise<Browser> | null = null;

/** Browser profiles for a test file. */
export class TestBrowser {
  private readonly contexts: BrowserContext[] = [];

  constructor(private readonly browser: Browser) {}

  /** Opens a page in a profile of its own, which shares nothing with others. */
  async newPage(): Promise<Page> {
    const context = await this.newContext();
    return context.newPage();
  }

  /** Creates a profile, whose pages are tabs of one browser. */
  async newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    // Without it, animated pages repaint constantly, on the CPU that the tests need.
    const context = await this.browser.newContext({ reducedMotion: 'reduce', ...options });
    this.contexts.push(context);
    return context;
  }

  /** Closes all pages. */
  async close(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
  }
}

/** Launches Chromium: from `CHROMIUM`, the machine, or Debian's package. */
export async function openBrowser(): Promise<TestBrowser> {
  chromiumOfProcess ??= launch();
  return new TestBrowser(await chromiumOfProcess);
}

/**
 * Features that use half of a page's CPU and that no test needs. This list replaces Playwright's,
 * so it includes the features that Playwright turns off to avoid network requests.
 */
const UNUSED_FEATURES = [
  // Otherwise each window would load four hundred scripts for its address bar.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'SpareRendererForSitePerProcess',
  'AimEnabled',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PreconnectToSearch',
];

async function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? (await provideProgram(CHROMIUM, 'chromium'));
  // Chromium's sandbox refuses to run for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  args.push('--disable-dev-shm-usage', '--disable-gpu', `--disable-features=${UNUSED_FEATURES.join(',')}`);
  subscribe('child_process', letGo);
  try {
    return await chromium.launch({ executablePath, args });
  } finally {
    unsubscribe('child_process', letGo);
  }

  /** Lets this process exit while Chromium runs; Playwright then ends Chromium. */
  function letGo(message: unknown): void {
    const { process: child } = message as { process: ChildProcess };
    child.once('spawn', () => {
      if (child.spawnfile !== executablePath) return;
      child.unref();
      for (const pipe of child.stdio) (pipe as Socket | null)?.unref();
    });
  }
}
