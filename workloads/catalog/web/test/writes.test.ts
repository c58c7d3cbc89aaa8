import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SeenRequest } from './fake-catalog.ts';
import { openShop, type Shop } from './shop-harness.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});

afterAll(() => shop?.close());

beforeEach(() => {
  shop.fake.fault = undefined;
  shop.fake.seen.length = 0;
  shop.fake.visibleAfterMs = 300;
});

/** Each test has an item to itself. */
function toItemId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

async function visitItem(number: number, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await shop.enter();
  try {
    const page = await context.newPage();
    await page.goto(`/catalog/${toItemId(number)}`);
    await page.getByText('No ratings yet').waitFor();
    await act(page);
  } finally {
    await context.close();
  }
}

function findPosts(collection: string): SeenRequest[] {
  return shop.fake.seen.filter(({ method, path }) => method === 'POST' && path.endsWith(collection));
}

async function writeComment(page: Page, text: string): Promise<void> {
  await page.getByLabel('Your name').fill('Ida');
  await page.getByLabel('Your comment').fill(text);
  await page.getByRole('button', { name: 'Send comment' }).click();
}

test('a visitor rates by keyboard alone, once per item', async () => {
  await visitItem(2, async (page) => {
    await page.getByRole('radio', { name: '1 star: Poor' }).focus();
    await page.keyboard.press('Space');
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('radio', { name: '4 stars: Very good' }).isChecked()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    // Shown at once, with the vote counted, before the server shows it.
    await page.getByText('You gave 4 stars').waitFor();
    await page.getByText('1 rating', { exact: false }).first().waitFor();
    expect(await page.evaluate('document.activeElement.className')).toBe('rating-panel');
    await page.locator('[data-phase=saved]').waitFor();
    expect(findPosts('/ratings').map(({ body }) => body)).toEqual([{ rating: 4 }]);
    await page.reload();
    await page.getByText('You gave 4 stars').waitFor();
    expect(await page.getByRole('radio').count()).toBe(0);
  });
});

test('a comment is there at once as "saving", then "saved", then one among the others', async () => {
  shop.fake.visibleAfterMs = 1_000;
  await visitItem(3, async (page) => {
    await writeComment(page, 'Shines further than I see.');
    const own = page.getByRole('listitem').filter({ hasText: 'Shines further than I see.' });
    await own.getByText('Saving…').waitFor();
    expect(await page.getByLabel('Your comment').inputValue()).toBe('');
    await expect
      .poll(() => page.getByRole('status').allTextContents(), { timeout: 10_000 })
      .toContain('Your comment is saved.');
    // The server's own list has it now: once, and without a mark.
    await page.locator('[data-phase]').waitFor({ state: 'detached' });
    expect(await own.count()).toBe(1);
  });
});

test('a write that fails for a while is repeated under one key and happens once', async () => {
  let failures = 0;
  shop.fake.fault = ({ method }) => {
    if (method !== 'POST') return undefined;
    failures += 1;
    // A browser may repeat a dropped request by itself, even a POST: one more reason for the key.
    return (['drop', { status: 502 }, { status: 503, retryAfter: '1' }] as const)[failures - 1];
  };
  await visitItem(4, async (page) => {
    await writeComment(page, 'Third time lucky.');
    await page.getByText(/Saving… \(try [34]\)/).waitFor();
    await page.locator('[data-phase]').waitFor({ state: 'detached' });
    const keys = findPosts('/comments').map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toHaveLength(4);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(keys).size).toBe(1);
    expect(shop.fake.commentsOf(toItemId(4))).toHaveLength(1);
  });
});

test('a write that failed for good shows its correlation id and can be sent again under its key', async () => {
  const correlationId = '0d5f7a1c-2b3e-4f60-8a91-b2c3d4e5f607';
  shop.fake.fault = ({ method }) => (method === 'POST' ? { status: 500, correlationId } : undefined);
  await visitItem(5, async (page) => {
    await writeComment(page, 'Is anybody there?');
    const own = page.getByRole('listitem').filter({ hasText: 'Is anybody there?' });
    await own.getByText('Not saved.').waitFor();
    expect(await own.textContent()).toContain(correlationId);
    shop.fake.fault = undefined;
    await own.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-phase]').waitFor({ state: 'detached' });
    const keys = findPosts('/comments').map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(keys[1]).toBe(keys[0]);
  });
});

test('a comment that was refused can be taken back and edited', async () => {
  shop.fake.fault = ({ method }) => (method === 'POST' ? { status: 400 } : undefined);
  await visitItem(6, async (page) => {
    await writeComment(page, 'Not like this.');
    await page.getByRole('button', { name: 'Take back and edit' }).click();
    expect(await page.getByLabel('Your comment').inputValue()).toBe('Not like this.');
    expect(await page.getByText('Not saved.').count()).toBe(0);
  });
});

test('a comment written out of reach survives a reload and is sent when the shop is back, once', async () => {
  await visitItem(7, async (page) => {
    await page.context().setOffline(true);
    await writeComment(page, 'From the valley.');
    await page.getByText('Saving…').first().waitFor();
    await page.context().setOffline(false);
    await page.reload();
    await page.getByText('From the valley.').waitFor();
    await expect.poll(() => shop.fake.commentsOf(toItemId(7)).length, { timeout: 10_000 }).toBe(1);
    await page.locator('[data-phase]').waitFor({ state: 'detached' });
    expect(await page.getByText('From the valley.').count()).toBe(1);
  });
});

test('an empty form is not sent, and the focus goes to what is missing', async () => {
  await visitItem(9, async (page) => {
    await page.getByRole('button', { name: 'Send comment' }).click();
    const name = page.getByLabel('Your name');
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate('document.activeElement.name')).toBe('name');
    await page.getByText('Please tell us your name.').waitFor();
    expect(findPosts('/comments')).toEqual([]);
  });
});
