import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM, provideProgram } from './servers.js';

/** The one of this process, which ends with it: to start another for each file takes a second of CPU. */
let chromiumOfProcess: Promise<Browser> | null = null;

/** Profiles of a test file in a real browser. */
export class TestBrowser {
  private readonly contexts: BrowserContext[] = [];

  constructor(private readonly browser: Browser) {}

  /** A page of a profile of its own, that shares nothing with others. */
  async newPage(): Promise<Page> {
    const context = await this.newContext();
    return context.newPage();
  }

  /** A profile of its own, whose pages are the tabs of one browser. */
  async newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    // Without it every page that pulses and fades is painted anew all the time, by the processor that the tests need.
    const context = await this.browser.newContext({ reducedMotion: 'reduce', ...options });
    this.contexts.push(context);
    return context;
  }

  /** Ends all pages. */
  async close(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
  }
}

/** Chromium: that of the machine, of `CHROMIUM`, or of Debian's package. */
export async function openBrowser(): Promise<TestBrowser> {
  chromiumOfProcess ??= launch();
  return new TestBrowser(await chromiumOfProcess);
}

/**
 * What takes half of the CPU of a page, and no test looks at. Playwright has such a list, too, which this one replaces; so it holds
 * what there is kept from asking the internet.
 */
const UNUSED_FEATURES = [
  // Each window would load four hundred scripts for its address bar.
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

  /** Lets this process end while Chromium runs; Playwright then ends that, too. */
  function letGo(message: unknown): void {
    const { process: child } = message as { process: ChildProcess };
    child.once('spawn', () => {
      if (child.spawnfile !== executablePath) return;
      child.unref();
      for (const pipe of child.stdio) (pipe as Socket | null)?.unref();
    });
  }
}
