import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CatalogLab, createCatalogLab, sampleItem } from '../../db/test/support/catalog-lab.ts';
import workload from '../../alwayson.config.ts';
import { type Ask, ask as askRegion, root } from './ask.ts';

let lab: CatalogLab;
beforeAll(async () => {
  lab = await createCatalogLab('205.10');
});
afterAll(() => lab?.close());

const ask = (path: string, options?: Ask) => askRegion(lab.west, path, options);
const content = { name: 'Camp Kettle', description: 'Boils.', price: 21.5 };
const create = async (fields: Record<string, unknown> = {}) => {
  const answer = await ask('', { method: 'POST', body: { ...content, ...fields }, key: true });
  expect(answer.statusCode).toBe(201);
  return answer;
};

test('items are listed by name, with these fields and no others', async () => {
  const answer = await ask('');
  expect(answer.statusCode).toBe(200);
  const items = answer.json<{ name: string }[]>();
  expect(items.length).toBeGreaterThanOrEqual(12);
  expect(Object.keys(items[0] ?? {}).sort()).toEqual(['id', 'imageUrl', 'lastUpdated', 'name', 'price']);
  expect(items.map(({ name }) => name)).toEqual(items.map(({ name }) => name).toSorted());
});

test('pages follow each other by their links and together are the whole list', async () => {
  const all = (await ask('?limit=1000')).json<{ id: string }[]>();
  const seen: string[] = [];
  let path: string | undefined = `${root}?limit=4`;
  while (path !== undefined) {
    const page = await ask(path);
    seen.push(...page.json<{ id: string }[]>().map(({ id }) => id));
    path = /^<([^>]+)>; rel="next"$/.exec(String(page.headers.link ?? ''))?.[1];
  }
  expect(seen).toEqual(all.map(({ id }) => id));
});

test('an item is read with its description and rating, and 404 when there is none', async () => {
  const answer = await ask(`/${sampleItem}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    id: sampleItem,
    name: 'Enamel Camp Mug',
    description: expect.stringContaining('enamel'),
    imageUrl: '/images/enamel-mug.svg',
    price: 14,
    lastUpdated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    rating: null,
  });
  expect((await ask(`/${sampleItem.toUpperCase()}`)).statusCode).toBe(200);
  const missing = await ask(`/${randomUUID()}`);
  expect(missing.statusCode).toBe(404);
  expect(missing.json()).toMatchObject({ code: 'NOT_FOUND', title: 'Not Found' });
});

test('HEAD and If-None-Match answer without a body', async () => {
  const { headers } = await ask(`/${sampleItem}`);
  const head = await ask(`/${sampleItem}`, { method: 'HEAD' });
  expect([head.statusCode, head.body]).toEqual([200, '']);
  const again = await ask(`/${sampleItem}`, { headers: { 'if-none-match': String(headers.etag) } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test('an item is created where its Location says, with an id of the client if it wants', async () => {
  const answer = await create({ imageUrl: '/images/enamel-mug.svg', unknownField: true });
  const item = answer.json();
  expect(answer.headers.location).toBe(`${root}/${item.id}`);
  expect((await ask(String(answer.headers.location))).json()).toEqual(item);
  expect(item).toMatchObject({ ...content, imageUrl: '/images/enamel-mug.svg', rating: null });
  expect(item).not.toHaveProperty('unknownField');

  const id = randomUUID();
  expect((await create({ id })).json().id).toBe(id);
  expect((await create({ id })).json().id).toBe(id);
  const other = await ask('', { method: 'POST', body: { ...content, id, price: 1 }, key: true });
  expect(other.statusCode).toBe(409);
  expect(other.json()).toMatchObject({ code: 'ALREADY_EXISTS' });
});

test('PUT merges what is given; lastUpdated moves; the change is seen at once', async () => {
  const before = (await create({ imageUrl: '/images/enamel-mug.svg' })).json();
  const changed = await ask(`/${before.id}`, { method: 'PUT', body: { price: 5 }, key: true });
  expect(changed.statusCode).toBe(200);
  expect(changed.json()).toEqual({ ...before, price: 5, lastUpdated: changed.json().lastUpdated });
  expect(changed.json().lastUpdated > before.lastUpdated).toBe(true);
  expect((await ask(`/${before.id}`)).json()).toEqual(changed.json());
  const cleared = await ask(`/${before.id}`, { method: 'PUT', body: { imageUrl: null }, key: true });
  expect(cleared.json().imageUrl).toBeNull();
  expect((await ask(`/${randomUUID()}`, { method: 'PUT', body: { price: 5 }, key: true })).statusCode).toBe(
    404,
  );
  expect(
    (await ask(`/${before.id}`, { method: 'PUT', body: { price: 'x' }, key: true })).json(),
  ).toMatchObject({
    status: 400,
    errors: [{ field: 'price' }],
  });
});

test('If-Match lets only one of two editors through', async () => {
  const made = await create();
  const { id } = made.json();
  const etag = String(made.headers.etag);
  const put = (price: number, ifMatch: string) =>
    ask(`/${id}`, { method: 'PUT', body: { price }, key: true, headers: { 'if-match': ifMatch } });
  const answers = await Promise.all([put(1, etag), put(2, etag)]);
  expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 412]);
  expect((await put(3, '"0"')).json()).toMatchObject({ status: 412, code: 'CHANGED_MEANWHILE' });
  expect((await put(4, '*')).statusCode).toBe(200);
  const current = String((await ask(`/${id}`)).headers.etag);
  expect((await put(5, `"x", ${current}`)).statusCode).toBe(200);
});

test('a repeated synchronous write gives the first answer again, another one with its key a 422', async () => {
  const headers = { 'idempotency-key': `post ${randomUUID()}` };
  const post = (body: object) => ask('', { method: 'POST', body, key: true, headers });
  const [first, again] = await Promise.all([post(content), post(content)]);
  expect([first?.statusCode, again?.statusCode]).toEqual([201, 201]);
  expect(again?.json()).toEqual(first?.json());
  expect(again?.headers.location).toBe(first?.headers.location);
  expect((await post({ ...content, price: 3 })).json()).toMatchObject({
    status: 422,
    code: 'IDEMPOTENCY_KEY_REUSED',
  });

  const { id } = first.json();
  const etag = String(first.headers.etag);
  const put = () =>
    ask(`/${id}`, {
      method: 'PUT',
      body: { price: 8 },
      key: true,
      headers: { 'idempotency-key': `put ${id}`, 'if-match': etag },
    });
  const changed = await put();
  expect(changed.statusCode).toBe(200);
  const repeated = await put();
  expect([repeated.statusCode, repeated.json()]).toEqual([200, changed.json()]);
});

test('refusals are repeated too, and keys have a length', async () => {
  const headers = { 'idempotency-key': `missing ${randomUUID()}` };
  const put = () => ask(`/${randomUUID()}`, { method: 'PUT', body: { price: 1 }, key: true, headers });
  expect((await put()).statusCode).toBe(404);
  for (const key of ['', 'x'.repeat(256)]) {
    const answer = await ask('', {
      method: 'POST',
      body: content,
      key: true,
      headers: { 'idempotency-key': key },
    });
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ field: 'Idempotency-Key' }] });
  }
  const longest = { 'idempotency-key': 'x'.repeat(255) };
  expect((await ask('', { method: 'POST', body: content, key: true, headers: longest })).statusCode).toBe(
    201,
  );
});

test('test data needs a key, can be read by its id and is in no list', async () => {
  const headers = { 'x-test-data': 'true' };
  const without = await ask(`/${sampleItem}/ratings`, { method: 'POST', body: { rating: 1 }, headers });
  expect(without.statusCode).toBe(401);
  const made = await ask('', { method: 'POST', body: { ...content, name: '0 trial' }, key: true, headers });
  expect(made.statusCode).toBe(201);
  expect((await ask(`/${made.json().id}`)).statusCode).toBe(200);
  const names = (await ask('?limit=1000')).json<{ name: string }[]>().map(({ name }) => name);
  expect(names).not.toContain('0 trial');
});

test('every answer carries its headers; the version is part of the path', async () => {
  const id = randomUUID();
  const answer = await ask('', { headers: { 'x-correlation-id': id } });
  expect(answer.headers).toMatchObject({
    'x-correlation-id': id,
    'x-server-name': 'west-1-api',
    'x-server-location': 'west',
    'x-requested-api-version': '1.0',
    'api-supported-versions': '1.0',
  });
  const unknown = await ask('/catalogservice/api/2.0/catalogitem');
  expect(unknown.statusCode).toBe(404);
  expect(unknown.json().code).toBe('VERSION_NOT_SUPPORTED');
  expect((await ask('/catalogservice/api/latest/catalogitem')).json()).toMatchObject({
    status: 400,
    errors: [{ field: 'version' }],
  });
  expect((await ask('/catalogservice/nothing')).statusCode).toBe(404);
});

test('pictures have a type, an ETag and a lifetime', async () => {
  const answer = await ask('/images/enamel-mug.svg');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('image/svg+xml');
  expect(answer.headers['cache-control']).toContain('max-age=');
  expect(answer.body).toContain('<svg');
  const again = await ask('/images/enamel-mug.svg', {
    headers: { 'if-none-match': String(answer.headers.etag) },
  });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  expect((await ask('/images/..%2fpackage.json')).statusCode).toBe(404);
  for (const { imageUrl } of (await ask('')).json<{ imageUrl: string | null }[]>()) {
    if (imageUrl !== null) expect((await ask(imageUrl)).statusCode).toBe(200);
  }
});

test('what the observer asks from outside exists in every environment', async () => {
  for (const { probe } of workload.flows) {
    const path = probe?.path ?? '';
    if (path.startsWith(root)) expect([path, (await ask(path)).statusCode]).toEqual([path, 200]);
  }
});

test('the OpenAPI document names every route with its answers', async () => {
  const answer = await ask('/catalogservice/api/openapi.json');
  expect(answer.statusCode).toBe(200);
  const { paths, openapi } = answer.json();
  expect(openapi).toMatch(/^3\./);
  const item = '/catalogservice/api/{version}/catalogitem';
  const routes = Object.entries(paths as Record<string, object>).map(
    ([path, methods]) => `${path.replace(item, '')} ${Object.keys(methods).sort().join(' ')}`,
  );
  expect(routes.sort()).toEqual([
    ' get post',
    '/{id} delete get put',
    '/{id}/comments get post',
    '/{id}/comments/{commentId} delete get',
    '/{id}/ratings get post',
    '/{id}/ratings/{ratingId} delete get',
  ]);
  expect(Object.keys(paths[`${item}/{id}`].put.responses)).toContain('412');
  expect(paths[item].post.requestBody.content['application/json'].schema.required.sort()).toEqual([
    'description',
    'name',
    'price',
  ]);
});
