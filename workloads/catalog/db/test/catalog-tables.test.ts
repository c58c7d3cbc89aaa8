import { randomUUID } from 'node:crypto';
import { createSql, type Sql } from '@alwayson/sdk/sql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteComments, findComment, insertComments, listComments } from '../src/comments.ts';
import { findItem, insertItem, listItems, lockItem, updateItem } from '../src/items.ts';
import { deleteRatings, findRating, insertRatings } from '../src/ratings.ts';
import { reap } from '../src/reaper.ts';
import type { PostgresServer } from '../../../../packages/sdk/test/support/postgres-server.ts';
import { sampleItem, startCatalogDatabase } from './support/catalog-lab.ts';

let postgres: PostgresServer;
let sql: Sql;

beforeAll(async () => {
  postgres = await startCatalogDatabase('127.205.4.1');
  sql = createSql({ writeUrls: [postgres.url()] });
});
afterAll(async () => {
  await sql?.close();
  await postgres?.close();
});

const write = <T>(work: Parameters<typeof sql.write<T>>[0]) => sql.write(work, { idempotent: true });
const newItem = (name: string, isTest = false) => ({
  id: randomUUID(),
  name,
  description: 'd',
  imageUrl: null,
  price: 12.34,
  isTest,
});
const creationDate = new Date().toISOString();
const vote = (itemId: string, rating: number, isTest = false) => ({
  id: randomUUID(),
  itemId,
  rating,
  creationDate,
  isTest,
});
const comment = (itemId: string, text: string, isTest = false) => ({
  id: randomUUID(),
  itemId,
  authorName: 'Ann',
  text,
  creationDate,
  isTest,
});
const votesOf = async (id: string) => {
  const item = await sql.read((connection) => findItem(connection, id));
  return [item?.ratingCount, item?.ratingSum];
};

test('the sample shop is there, with pictures, in the order of names', async () => {
  const items = await sql.read((connection) => listItems(connection, { limit: 100 }));
  expect(items.length).toBeGreaterThanOrEqual(12);
  expect(items.map(({ name }) => name)).toEqual(items.map(({ name }) => name).toSorted());
  for (const item of items) expect(item.imageUrl).toMatch(/^\/images\/[a-z-]+\.svg$/);
  expect(new Set(items.map(({ imageUrl }) => imageUrl)).size).toBe(items.length);
});

test('a price comes back exactly as it was given', async () => {
  for (const price of [0, 0.1, 89.5, 19.99, 1e9, 0.1 + 0.2]) {
    const made = await write((tx) => insertItem(tx, { ...newItem('Priced', true), price }));
    expect(made?.price).toBe(price);
  }
});

test('every change moves lastUpdated and the version, and nothing else of the item', async () => {
  const item = newItem('Changing');
  const before = await write((tx) => insertItem(tx, item));
  const after = await write(async (tx) => {
    await lockItem(tx, item.id);
    return updateItem(tx, item.id, { ...item, price: 99 });
  });
  expect(after).toMatchObject({ id: item.id, name: 'Changing', price: 99 });
  expect(after.lastUpdated > (before?.lastUpdated ?? '')).toBe(true);
  expect(Number(after.version)).toBeGreaterThan(Number(before?.version));
});

test('a vote counts once however often it comes, in one batch or in several', async () => {
  const item = newItem('Voted');
  await write((tx) => insertItem(tx, item));
  const votes = [vote(item.id, 5), vote(item.id, 2)];
  await write((tx) => insertRatings(tx, [...votes, ...votes]));
  await write((tx) => insertRatings(tx, votes));
  expect(await votesOf(item.id)).toEqual([2, 7]);
  const [first] = votes;
  expect(await sql.read((c) => findRating(c, { itemId: item.id, id: first?.id ?? '' }))).toEqual({
    id: first?.id,
    catalogItemId: item.id,
    rating: 5,
    creationDate,
  });
});

test('a deleted vote is taken back once and does not return with a late copy', async () => {
  const item = newItem('Regretted');
  await write((tx) => insertItem(tx, item));
  const [kept, regretted] = [vote(item.id, 4), vote(item.id, 1)];
  await write((tx) => insertRatings(tx, [kept, regretted]));
  for (let n = 0; n < 2; n += 1) await write((tx) => deleteRatings(tx, [regretted]));
  await write((tx) => insertRatings(tx, [regretted]));
  expect(await votesOf(item.id)).toEqual([1, 4]);
});

test('a deletion that overtakes its comment wins', async () => {
  const early = comment(sampleItem, 'never seen');
  await write((tx) => deleteComments(tx, [early]));
  await write((tx) => insertComments(tx, [early]));
  expect(await sql.read((c) => findComment(c, { itemId: sampleItem, id: early.id }))).toBeNull();
});

test('comments and votes of an item that is gone change nothing and break nothing', async () => {
  const [gone, there] = [comment(randomUUID(), 'lost'), comment(sampleItem, 'kept')];
  await write((tx) => insertComments(tx, [gone, there]));
  await write((tx) => insertRatings(tx, [vote(randomUUID(), 3)]));
  expect(await sql.read((c) => findComment(c, { itemId: there.itemId, id: there.id }))).toMatchObject({
    text: 'kept',
  });
});

test('an entry is deleted only as one of its own item', async () => {
  const kept = comment(sampleItem, 'mine');
  await write((tx) => insertComments(tx, [kept]));
  await write((tx) => deleteComments(tx, [{ id: kept.id, itemId: randomUUID() }]));
  expect(await sql.read((c) => findComment(c, { itemId: sampleItem, id: kept.id }))).not.toBeNull();
});

test('test data is in no list and in no average, and is gone when its time is over', async () => {
  const item = newItem('Real');
  const trial = newItem('AAA trial', true);
  await write((tx) => insertItem(tx, item));
  await write((tx) => insertItem(tx, trial));
  await write((tx) => insertRatings(tx, [vote(item.id, 1, true)]));
  await write((tx) => insertComments(tx, [comment(item.id, 'trial', true), comment(item.id, 'real')]));
  expect(await votesOf(item.id)).toEqual([0, 0]);
  const comments = await sql.read((c) => listComments(c, { itemId: item.id, limit: 10 }));
  expect(comments.map(({ text }) => text)).toEqual(['real']);
  const names = (await sql.read((c) => listItems(c, { limit: 1000 }))).map(({ name }) => name);
  expect(names).not.toContain('AAA trial');
  expect(await sql.read((c) => findItem(c, trial.id))).not.toBeNull();

  for (const table of ['catalog_item', 'item_comment', 'item_rating']) {
    await postgres.query(
      `UPDATE ${table} SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL`,
    );
  }
  expect(await sql.read((c) => findItem(c, trial.id))).toBeNull();
  expect(await write(reap)).toBeGreaterThanOrEqual(3);
  expect(await write(reap)).toBe(0);
  const left = await postgres.query('SELECT FROM item_comment WHERE expires_at IS NOT NULL');
  expect(left).toHaveLength(0);
});

test('records that nobody may ask for any more are removed', async () => {
  await postgres.query(
    `INSERT INTO request_idempotency (key, fingerprint, created_at) VALUES
       ('old', 'x', now() - interval '25 hours'), ('new', 'x', now())`,
  );
  expect(await write(reap)).toBe(1);
  const keys = await postgres.query<{ key: string }>(
    `SELECT key FROM request_idempotency WHERE fingerprint = 'x'`,
  );
  expect(keys).toEqual([{ key: 'new' }]);
});

test('two batches over the same items in opposite orders both arrive', async () => {
  const items = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => {
      const item = newItem(`Contended ${n}`);
      await write((tx) => insertItem(tx, item));
      return item.id;
    }),
  );
  const batch = (ids: string[]) => ids.map((id) => vote(id, 3));
  const rounds = Array.from({ length: 10 }, (_, n) => batch(n % 2 === 0 ? items : items.toReversed()));
  await Promise.all(rounds.map((votes) => write((tx) => insertRatings(tx, votes))));
  for (const id of items) expect(await votesOf(id)).toEqual([10, 30]);
});
