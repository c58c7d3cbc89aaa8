import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openShop, type Shop } from './shop-harness.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});

afterAll(() => shop?.close());

beforeEach(() => {
  shop.fake.fault = undefined;
});

/** A page of a new visitor; faults of the page's own script fail the test. */
async function visit(path: string, act: (page: Page, asked: string[]) => Promise<void>): Promise<void> {
  const context = await shop.enter();
  try {
    const page = await context.newPage();
    const faults: Error[] = [];
    const asked: string[] = [];
    page.on('pageerror', (error) => faults.push(error));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(path);
    await act(page, asked);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

test('a visitor comes from the home page to an item and back, and no other origin is asked for anything', async () => {
  await visit('/', async (page, asked) => {
    await page.getByRole('link', { name: 'Browse the catalog' }).click();
    await page.getByRole('heading', { level: 1, name: 'The catalog' }).waitFor();
    expect(await page.getByRole('listitem').count()).toBe(13);
    await page.getByRole('link', { name: 'Wool Blanket' }).click();
    await page.getByRole('heading', { level: 1, name: 'Wool Blanket' }).waitFor();
    await page.getByText('Woven from undyed wool').waitFor();
    expect(await page.getByText('$89.50', { exact: true }).first().isVisible()).toBe(true);
    expect(await page.title()).toBe('Wool Blanket · Hearth & Trail');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'The catalog' }).waitFor();
    // Back where the visitor was on the page, not at its top.
    await expect.poll(() => page.evaluate('scrollY')).toBeGreaterThan(100);
    await page.waitForLoadState('networkidle');
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((url) => new URL(url).origin !== shop.origin)).toEqual([]);
  });
});

test('search and order work on the page, stay in its address, and an empty result offers a way out', async () => {
  await visit('/catalog', async (page) => {
    await page.getByRole('searchbox').fill('wool');
    await expect.poll(() => page.getByRole('listitem').count()).toBe(1);
    await page.getByRole('searchbox').fill('unicorn');
    await page.getByText('Nothing on the shelves matches “unicorn”').waitFor();
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByRole('combobox', { name: 'Order' }).selectOption('dearest');
    await expect
      .poll(() => page.getByRole('heading', { level: 3 }).first().textContent())
      .toBe('Two-Person Tent');
    await page.reload();
    await expect
      .poll(() => page.getByRole('heading', { level: 3 }).first().textContent())
      .toBe('Two-Person Tent');
  });
});

test('an API that fails for a moment is asked again without the visitor noticing', async () => {
  let failures = 0;
  shop.fake.fault = ({ path }) => {
    if (!path.includes('limit=100') || failures === 2) return undefined;
    failures += 1;
    return failures === 1 ? 'drop' : { status: 503, retryAfter: '0' };
  };
  await visit('/catalog', async (page) => {
    await page.getByRole('link', { name: 'Storm Lantern' }).waitFor();
    expect(failures).toBe(2);
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

test('an API that keeps failing is shown with its correlation id, and the retry button works', async () => {
  const correlationId = '6f1c2e9a-4b0d-4c58-9b4e-0f5d1a2b3c4d';
  shop.fake.fault = () => ({ status: 500, correlationId });
  await visit('/catalog', async (page) => {
    const panel = page.getByRole('alert');
    await panel.waitFor();
    expect(await panel.textContent()).toContain('We could not load the catalog');
    expect(await panel.textContent()).toContain(correlationId);
    shop.fake.fault = undefined;
    await panel.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'Storm Lantern' }).waitFor();
  });
});

test('addresses without a page or an item say so and lead back', async () => {
  await visit('/no/such/page', async (page) => {
    await page.getByRole('heading', { name: 'This trail ends here' }).waitFor();
    await page.goto('/catalog/00000000-0000-4000-8000-00000000ffff');
    await page.getByRole('heading', { name: 'This item is not on our shelves' }).waitFor();
    await page.getByRole('link', { name: 'See what is there' }).click();
    await page.getByRole('heading', { name: 'The catalog' }).waitFor();
  });
});

test('the foot of the page tells which server answered last', async () => {
  await visit('/', async (page) => {
    const line = page.getByTestId('served-by');
    await line.waitFor();
    expect(await line.textContent()).toMatch(/Served by (west|east)-\d-3fa91c-api in (west|east)/);
  });
});

test('out of reach, the shop says so, and comes back by itself', async () => {
  await visit('/catalog', async (page) => {
    await page.getByRole('link', { name: 'Storm Lantern' }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('You seem to be offline.').waitFor();
    await page.context().setOffline(false);
    await page.getByText('You seem to be offline.').waitFor({ state: 'detached' });
  });
});
