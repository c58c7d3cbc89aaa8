import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectHeadingFaults, collectLowContrast, collectNameless } from './page-checks.ts';
import { openShop, type Shop } from './shop-harness.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});

afterAll(() => shop?.close());

/** The item with comments and ratings. */
const itemPath = '/catalog/00000000-0000-4000-8000-000000000008';
const paths = ['/', '/catalog', itemPath, '/no/such/page'];

async function visit(options: BrowserContextOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await shop.enter(options);
  try {
    await act(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Opens a page and waits until nothing on it is still on its way. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
}

async function collectLowContrastInBoth(page: Page): Promise<unknown[]> {
  const faults: unknown[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    faults.push(await page.evaluate(collectLowContrast));
  }
  return faults.flat();
}

test('pages have landmarks, names, ordered headings, and contrast by day and by night', async () => {
  await visit({}, async (page) => {
    for (const path of paths) {
      await open(page, path);
      for (const landmark of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
        expect(await page.getByRole(landmark).count(), `${landmark} of ${path}`).toBe(1);
      }
      expect(await page.getByRole('heading', { level: 1 }).count(), `h1 of ${path}`).toBe(1);
      expect(await page.evaluate(collectHeadingFaults), `headings of ${path}`).toEqual([]);
      expect(await page.evaluate(collectNameless), `names on ${path}`).toEqual([]);
      expect(await collectLowContrastInBoth(page), `contrast of ${path}`).toEqual([]);
    }
  });
});

test('panels for errors and for being offline have contrast, too', async () => {
  await visit({}, async (page) => {
    await open(page, itemPath);
    shop.fake.fault = ({ method }) => (method === 'POST' ? { status: 500 } : undefined);
    await page.getByLabel('Your name').fill('Ida');
    await page.getByLabel('Your comment').fill('Hello');
    await page.getByRole('button', { name: 'Send comment' }).click();
    await page.getByText('Not saved.').waitFor();
    shop.fake.fault = undefined;
    await page.context().setOffline(true);
    await page.getByText('You seem to be offline.').waitFor();
    expect(await collectLowContrastInBoth(page)).toEqual([]);
  });
});

test('from phone to wide screen nothing is wider than the window', async () => {
  await visit({}, async (page) => {
    for (const path of paths) {
      await open(page, path);
      for (const width of [320, 360, 390, 600, 768, 1024, 1920]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${path} at ${width}`).toBe(
          width,
        );
      }
    }
  });
});

test('a word without an end does not push the page wide', async () => {
  await visit({ viewport: { width: 360, height: 800 } }, async (page) => {
    await page.goto(itemPath);
    await page.getByLabel('Your name').fill('A'.repeat(80));
    await page.getByLabel('Your comment').fill('B'.repeat(500));
    await page.getByRole('button', { name: 'Send comment' }).click();
    await page.getByText('BBBB').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });
});

test('controls on a phone are large enough for a thumb', async () => {
  await visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, async (page) => {
    await open(page, itemPath);
    for (const control of await page.locator('button, .star-choice label, nav a, input[name=name]').all()) {
      const box = await control.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), await control.innerText()).toBeGreaterThanOrEqual(
        40,
      );
    }
  });
});

test('the first Tab leads to a skip link, and the focus is always visible', async () => {
  await visit({}, async (page) => {
    await open(page, '/catalog');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  });
});

test('a new page moves the focus to its content and is announced', async () => {
  await visit({}, async (page) => {
    await open(page, '/');
    await page.getByRole('navigation').getByRole('link', { name: 'Catalog' }).click();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('content');
    await expect.poll(() => page.getByRole('status').allTextContents()).toContain('Catalog');
  });
});
