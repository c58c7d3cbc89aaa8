import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../../../packages/sdk/test/support/eventually.ts';
import {
  type CatalogLab,
  createCatalogLab,
  type Region,
  sampleItem,
} from '../../db/test/support/catalog-lab.ts';
import { type Ask, ask } from './ask.ts';

/** What the contract promises for a write to be seen in every region. */
const visibleMs = 2000;
let lab: CatalogLab;

beforeAll(async () => {
  lab = await createCatalogLab('205.11');
  lab.startWorkers();
  // Workers take their shards within their first seconds.
  for (const region of [lab.west, lab.east]) {
    const warmUp = await comment(region, { authorName: 'A', text: 'warm-up' });
    await eventually(
      'writes are applied',
      async () => (await ask(region, location(warmUp))).statusCode === 200,
    );
  }
});
afterAll(() => lab?.close());

const location = (answer: { headers: Record<string, unknown> }) => String(answer.headers.location);
const comment = (region: Region, body: unknown, options: Ask = {}) =>
  ask(region, `/${sampleItem}/comments`, { method: 'POST', body, ...options });
const newItem = async () => {
  const body = { name: `Item ${randomUUID()}`, description: 'd', price: 1 };
  return (await ask(lab.west, '', { method: 'POST', body, key: true })).json<{ id: string }>().id;
};

test('a comment is accepted with the place where it will be, and is seen in both regions within two seconds', async () => {
  const text = `Hello ${randomUUID()}`;
  const accepted = await comment(lab.west, { authorName: 'Ann', text, unknown: 1 });
  expect([accepted.statusCode, accepted.body]).toEqual([202, '']);
  expect(location(accepted)).toMatch(
    new RegExp(`/catalogservice/api/1.0/catalogitem/${sampleItem}/comments/[0-9a-f-]{36}$`),
  );
  for (const region of [lab.west, lab.east]) {
    const ms = await eventually('it is listed first', async () => {
      const [newest] = (await ask(region, `/${sampleItem}/comments`)).json<{ text: string }[]>();
      return newest?.text === text;
    });
    expect(ms).toBeLessThan(visibleMs);
    expect((await ask(region, location(accepted))).json()).toEqual({
      id: location(accepted).split('/').at(-1),
      catalogItemId: sampleItem,
      authorName: 'Ann',
      text,
      creationDate: expect.stringMatching(/Z$/),
    });
  }
});

test('votes are averaged, each one once', async () => {
  const id = await newItem();
  const rate = (rating: number, key: string) =>
    ask(lab.west, `/${id}/ratings`, {
      method: 'POST',
      body: { rating },
      headers: { 'idempotency-key': key },
    });
  expect((await ask(lab.west, `/${id}/ratings`)).json()).toEqual({ averageRating: null, numberOfVotes: 0 });
  const keys = [randomUUID(), randomUUID()];
  const first = await rate(5, keys[0] ?? '');
  await rate(2, keys[1] ?? '');
  expect(location(await rate(5, keys[0] ?? ''))).toBe(location(first));
  await eventually('both are counted', async () => {
    return (await ask(lab.west, `/${id}/ratings`)).json().numberOfVotes === 2;
  });
  expect((await ask(lab.west, `/${id}/ratings`)).json()).toEqual({ averageRating: 3.5, numberOfVotes: 2 });
  expect((await ask(lab.west, `/${id}`)).json().rating).toBe(3.5);
  expect((await ask(lab.west, location(first))).json()).toMatchObject({ catalogItemId: id, rating: 5 });

  const conflict = await rate(4, keys[0] ?? '');
  expect(conflict.json()).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });

  expect((await ask(lab.west, location(first), { method: 'DELETE', key: true })).statusCode).toBe(202);
  await eventually('it is taken back', async () => {
    return (await ask(lab.west, `/${id}/ratings`)).json().numberOfVotes === 1;
  });
});

test('the same write through another region names the same thing and makes it once', async () => {
  const headers = { 'idempotency-key': randomUUID() };
  const body = { authorName: 'Bo', text: `twice ${randomUUID()}` };
  const [west, east] = [
    await comment(lab.west, body, { headers }),
    await comment(lab.east, body, { headers }),
  ];
  expect(location(east)).toBe(location(west));
  await eventually('it is there', async () => (await ask(lab.west, location(west))).statusCode === 200);
  const after = await comment(lab.east, { authorName: 'Bo', text: 'a marker behind it' });
  await eventually(
    'the other queue is done',
    async () => (await ask(lab.east, location(after))).statusCode === 200,
  );
  const rows = await lab.postgres.query('SELECT FROM item_comment WHERE text = $1', [body.text]);
  expect(rows).toHaveLength(1);
});

test('writes of an item are applied in their order: what was added before it was deleted is gone', async () => {
  const id = await newItem();
  const added = await ask(lab.west, `/${id}/comments`, {
    method: 'POST',
    body: { authorName: 'C', text: 'x' },
  });
  expect(added.statusCode).toBe(202);
  const deleted = await ask(lab.west, `/${id}`, { method: 'DELETE', key: true });
  expect([deleted.statusCode, deleted.body]).toEqual([202, '']);
  await eventually('the item is gone', async () => (await ask(lab.west, `/${id}`)).statusCode === 404);
  expect((await ask(lab.west, location(added))).statusCode).toBe(404);
  const late = await ask(lab.west, `/${id}/comments`, {
    method: 'POST',
    body: { authorName: 'C', text: 'x' },
  });
  expect(late.statusCode).toBe(404);
  const dead = await lab.postgres.query('SELECT FROM alwayson.dead_letter');
  expect(dead).toHaveLength(0);
});

test('a deleted comment disappears', async () => {
  const accepted = await comment(lab.west, { authorName: 'D', text: 'regret' });
  await eventually('it is there', async () => (await ask(lab.west, location(accepted))).statusCode === 200);
  expect((await ask(lab.west, location(accepted), { method: 'DELETE', key: true })).statusCode).toBe(202);
  await eventually('it is gone', async () => (await ask(lab.west, location(accepted))).statusCode === 404);
});

test.each([
  ['comments', {}, ['authorName', 'text']],
  ['comments', { authorName: '', text: 'x' }, ['authorName']],
  ['comments', { authorName: 'x', text: 5 }, ['text']],
  ['comments', { authorName: 'x', text: 'x'.repeat(5001) }, ['text']],
  ['ratings', {}, ['rating']],
  ['ratings', { rating: 0 }, ['rating']],
  ['ratings', { rating: 6 }, ['rating']],
  ['ratings', { rating: 2.5 }, ['rating']],
  ['ratings', { rating: '5' }, ['rating']],
])('POST %s with %j is a 400 that names %j', async (kind, body, fields) => {
  const answer = await ask(lab.west, `/${sampleItem}/${kind}`, { method: 'POST', body });
  expect(answer.statusCode).toBe(400);
  const named = answer.json<{ errors: { field: string }[] }>().errors.map(({ field }) => field);
  expect([...new Set(named)].sort()).toEqual(fields);
});

test('a write for an item that does not exist is a 404, and so is what nobody wrote', async () => {
  const missing = await ask(lab.west, `/${randomUUID()}/ratings`, { method: 'POST', body: { rating: 5 } });
  expect(missing.statusCode).toBe(404);
  expect((await ask(lab.west, `/${randomUUID()}/ratings`)).statusCode).toBe(404);
  expect((await ask(lab.west, `/${randomUUID()}/comments`)).json()).toEqual([]);
  expect((await ask(lab.west, `/${sampleItem}/comments/${randomUUID()}`)).statusCode).toBe(404);
  expect((await ask(lab.west, `/${sampleItem}/ratings/${randomUUID()}`)).statusCode).toBe(404);
});

test('a change of an item is seen in the other region within two seconds', async () => {
  const id = await newItem();
  expect((await ask(lab.east, `/${id}`)).json().price).toBe(1);
  await ask(lab.west, `/${id}`, { method: 'PUT', body: { price: 2 }, key: true });
  const ms = await eventually('east knows', async () => (await ask(lab.east, `/${id}`)).json().price === 2);
  expect(ms).toBeLessThan(visibleMs);
});

test('test comments are readable by id and in no list', async () => {
  const options = { key: true, headers: { 'x-test-data': 'true' } };
  const accepted = await comment(lab.west, { authorName: 'T', text: 'a trial' }, options);
  await eventually('it is there', async () => (await ask(lab.west, location(accepted))).statusCode === 200);
  const listed = (await ask(lab.west, `/${sampleItem}/comments?limit=1000`)).json<{ text: string }[]>();
  expect(listed.map(({ text }) => text)).not.toContain('a trial');
});
