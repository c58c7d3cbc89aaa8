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

test.each(['light', 'dark'] as const)(
  '%s pages have landmarks, names, ordered headings and contrast',
  async (colorScheme) => {
    await visit({ colorScheme, reducedMotion: 'reduce' }, async (page) => {
      for (const path of paths) {
        await page.goto(path, { waitUntil: 'networkidle' });
        for (const landmark of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
          expect(await page.getByRole(landmark).count(), `${landmark} of ${path}`).toBe(1);
        }
        expect(await page.getByRole('heading', { level: 1 }).count(), `h1 of ${path}`).toBe(1);
        expect(await page.evaluate(collectHeadingFaults), `headings of ${path}`).toEqual([]);
        expect(await page.evaluate(collectNameless), `names on ${path}`).toEqual([]);
        expect(await page.evaluate(collectLowContrast), `contrast of ${path}`).toEqual([]);
      }
    });
  },
);

test.each([360, 390, 768, 1920])('at %i px nothing is wider than the window', async (width) => {
  await visit({ viewport: { width, height: 800 } }, async (page) => {
    for (const path of paths) {
      await page.goto(path, { waitUntil: 'networkidle' });
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBe(width);
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
    await page.goto(itemPath, { waitUntil: 'networkidle' });
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
    await page.goto('/catalog', { waitUntil: 'networkidle' });
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
    await page.goto('/', { waitUntil: 'networkidle' });
    await page.getByRole('navigation').getByRole('link', { name: 'Catalog' }).click();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('content');
    await expect.poll(() => page.getByRole('status').allTextContents()).toContain('Catalog');
  });
});
