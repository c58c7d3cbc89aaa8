import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env['ALWAYSON_CHROMIUM'] ?? '/usr/bin/chromium';

/** Debian's Chromium, headless, with everything off that would talk to anybody but the console. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const desktop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

export interface PageOptions {
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
}

/** A page in a context of its own. `strangers` collects requests to any other origin, `faults` what the page complained of. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}) {
  const context = await browser.newContext({ viewport: desktop, ...options });
  const page: Page = await context.newPage();
  const strangers: string[] = [];
  const faults: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) strangers.push(request.url());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  await page.goto(url);
  return { page, strangers, faults, [Symbol.asyncDispose]: () => context.close() };
}
