import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiKeys, type CatalogLab, createCatalogLab, sampleItem } from '../../db/test/support/catalog-lab.ts';
import { type Ask, ask as askRegion, root } from './ask.ts';

let lab: CatalogLab;
beforeAll(async () => {
  lab = await createCatalogLab('205.13');
});
afterAll(() => lab?.close());

const ask = (path: string, options?: Ask) => askRegion(lab.west, path, options);
const content = { name: 'Camp Kettle', description: 'Boils.', price: 21.5 };

test.each([
  ['?limit=0', 'limit'],
  ['?limit=1001', 'limit'],
  ['?limit=two', 'limit'],
  ['?cursor=nonsense', 'cursor'],
  ['/not-a-uuid', 'id'],
  [`/${sampleItem}/comments?limit=0`, 'limit'],
  [`/${sampleItem}/comments/x`, 'commentId'],
  [`/${sampleItem}/ratings/x`, 'ratingId'],
])('GET %s is a 400 that names %s', async (path, field) => {
  const answer = await ask(path);
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  const problem = answer.json();
  expect(problem).toMatchObject({ status: 400, code: 'INVALID_REQUEST', errors: [{ field }] });
  expect(problem.detail).toContain(field);
  expect(problem.correlationId).toBe(answer.headers['x-correlation-id']);
});

test.each([
  [{ name: undefined }, 'name'],
  [{ name: '   ' }, 'name'],
  [{ name: 'x'.repeat(201) }, 'name'],
  [{ name: 'nul\u0000' }, 'name'],
  [{ name: 'half \ud800 a pair' }, 'name'],
  [{ description: undefined }, 'description'],
  [{ price: undefined }, 'price'],
  [{ price: '12' }, 'price'],
  [{ price: -1 }, 'price'],
  [{ id: 'x' }, 'id'],
  [{ imageUrl: 'javascript:alert(1)' }, 'imageUrl'],
  [{ imageUrl: '//elsewhere.example/x.png' }, 'imageUrl'],
])('POST with %j is a 400 that names %s', async (fields, field) => {
  const answer = await ask('', { method: 'POST', body: { ...content, ...fields }, key: true });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toMatchObject([{ field }]);
});

test('all faults of a body are told at once', async () => {
  const answer = await ask('', { method: 'POST', body: {}, key: true });
  const fields = answer.json<{ errors: { field: string }[] }>().errors.map(({ field }) => field);
  expect(fields.sort()).toEqual(['description', 'name', 'price']);
});

test('bodies that are none: not JSON, another type, too large, missing', async () => {
  const post = (payload: string, type: string) =>
    lab.west.api.inject({
      method: 'POST',
      url: root,
      payload,
      headers: { 'content-type': type, 'x-api-key': apiKeys[0] },
    });
  expect((await post('{"name":', 'application/json')).statusCode).toBe(400);
  expect((await post('name=x', 'application/x-www-form-urlencoded')).statusCode).toBe(415);
  expect((await post('name', 'text/plain')).statusCode).toBe(415);
  expect(
    (await post(JSON.stringify({ ...content, x: 'x'.repeat(70_000) }), 'application/json')).statusCode,
  ).toBe(413);
  expect((await ask('', { method: 'POST', key: true })).json()).toMatchObject({
    status: 400,
    errors: [{ field: 'body' }],
  });
});

test('changing needs a key: either of the two, and no other', async () => {
  const withKey = (key: string) => ask('', { method: 'POST', body: content, headers: { 'x-api-key': key } });
  expect((await withKey(apiKeys[0])).statusCode).toBe(201);
  expect((await withKey(apiKeys[1])).statusCode).toBe(201);
  expect((await withKey('wrong')).statusCode).toBe(401);
  const attempts: [string, Ask][] = [
    ['', { method: 'POST', body: content }],
    [`/${sampleItem}`, { method: 'PUT', body: { price: 1 } }],
    [`/${sampleItem}`, { method: 'DELETE' }],
    [`/${sampleItem}/comments/${randomUUID()}`, { method: 'DELETE' }],
    [`/${sampleItem}/ratings/${randomUUID()}`, { method: 'DELETE' }],
  ];
  for (const [path, options] of attempts) {
    const answer = await ask(path, options);
    expect([options.method, path, answer.statusCode]).toEqual([options.method, path, 401]);
    expect(answer.json().code).toBe('UNAUTHORIZED');
  }
});
