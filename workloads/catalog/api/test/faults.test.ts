import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../../../packages/sdk/test/support/eventually.ts';
import { type CatalogLab, createCatalogLab, sampleItem } from '../../db/test/support/catalog-lab.ts';
import { type Ask, ask } from './ask.ts';

let lab: CatalogLab;
beforeAll(async () => {
  lab = await createCatalogLab('205.12');
  // Connections are made by the first use; faults come later in a life.
  await Promise.all([lab.west, lab.east].map((region) => ask(region, `/${sampleItem}/ratings`, rate)));
});
afterEach(async () => {
  for (const region of [lab.west, lab.east]) {
    await Promise.all([region.database, region.cache, region.queue].map((line) => line.pass()));
  }
  await eventually('west reads and writes again', async () => {
    const body = { price: 14 };
    const written = await ask(lab.west, `/${sampleItem}`, { method: 'PUT', body, key: true });
    const rated = await ask(lab.west, `/${sampleItem}/ratings`, { method: 'POST', body: { rating: 5 } });
    return written.statusCode === 200 && rated.statusCode === 202;
  });
});
afterAll(() => lab?.close());

const timed = async (path: string, options?: Ask) => {
  const startedAt = performance.now();
  const answer = await ask(lab.west, path, options);
  return { answer, ms: performance.now() - startedAt };
};
const rate: Ask = { method: 'POST', body: { rating: 4 } };
const put: Ask = { method: 'PUT', body: { price: 15 }, key: true };

test.each(['refuse', 'hang'] as const)(
  'database lines %s: reads are stale but served, small writes accepted, item changes 503 and soon fast',
  async (fault) => {
    for (const path of ['', `/${sampleItem}`, `/${sampleItem}/comments`]) await ask(lab.west, path);
    await eventually('the cached values are no longer fresh', async () => {
      const [row] = await lab.postgres.query<{ ok: boolean }>('SELECT pg_sleep(1.1) IS NOT NULL AS ok');
      return row?.ok === true;
    });
    await lab.west.database[fault]();
    for (const path of ['', `/${sampleItem}`, `/${sampleItem}/comments`]) {
      const { answer, ms } = await timed(path);
      expect([path, answer.statusCode]).toEqual([path, 200]);
      expect(answer.headers['cache-status']).toMatch(/^catalog; hit; ttl=-\d+$/);
      expect(ms).toBeLessThan(2000);
    }
    const accepted = await timed(`/${sampleItem}/ratings`, rate);
    expect(accepted.answer.statusCode).toBe(202);
    expect(accepted.ms).toBeLessThan(2000);

    const refused = await timed(`/${sampleItem}`, put);
    expect(refused.answer.statusCode).toBe(503);
    expect(refused.answer.headers['retry-after']).toBe('1');
    expect(refused.answer.body).not.toMatch(/ECONN|timeout|postgres/i);
    expect(refused.ms).toBeLessThan(4500);
    const later = await eventually(
      'refusals are fast',
      async () => (await timed(`/${sampleItem}`, put)).ms < 100,
    );
    expect(later).toBeLessThan(10_000);
  },
);

test('database gone and never read before: 503 with Retry-After, no engine words', async () => {
  await lab.east.database.refuse();
  const answer = await ask(lab.east, '?limit=7');
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('1');
  expect(answer.json()).toMatchObject({ status: 503, code: 'AON_DATABASE' });
  expect(answer.body).not.toContain('ECONNREFUSED');
});

test.each(['refuse', 'hang'] as const)(
  'cache lines %s: everything is answered from the database',
  async (fault) => {
    await lab.west.cache[fault]();
    for (let n = 0; n < 20; n += 1) {
      const { answer, ms } = await timed('');
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['cache-status']).toBe('catalog; fwd=miss');
      expect(ms).toBeLessThan(1500);
    }
    expect((await timed(`/${sampleItem}`, put)).answer.statusCode).toBe(200);
    expect((await timed(`/${sampleItem}/ratings`, rate)).answer.statusCode).toBe(202);
  },
);

test.each(['refuse', 'hang'] as const)(
  "own queue lines %s: the other region's queue takes the write, and none at all is a 503",
  async (fault) => {
    await lab.west.queue[fault]();
    const { answer, ms } = await timed(`/${sampleItem}/ratings`, rate);
    expect(answer.statusCode).toBe(202);
    expect(ms).toBeLessThan(2000);

    await lab.east.queue[fault]();
    const refused = await timed(`/${sampleItem}/ratings`, rate);
    expect(refused.answer.statusCode).toBe(503);
    expect(refused.answer.headers['retry-after']).toBe('1');
    expect(refused.answer.json().code).toMatch(/^AON_(QUEUE|COPY_MISSING)$/);
    expect((await timed('')).answer.statusCode).toBe(200);
  },
);

test('what the stores did is told to the stamp agent, and makes nobody unready', async () => {
  await lab.west.queue.refuse();
  await lab.east.queue.refuse();
  for (let n = 0; n < 3; n += 1) await ask(lab.west, `/${sampleItem}/ratings`, rate);
  const answer = await lab.west.api.inject('/readyz');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    ready: true,
    dependencies: [{ store: 'queue', state: 'unhealthy' }],
  });
});
