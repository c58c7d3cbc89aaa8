import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildShop, startWeb, type WebProcess } from './shop-harness.ts';

let build: Awaited<ReturnType<typeof buildShop>>;
let web: WebProcess;

beforeAll(async () => {
  build = await buildShop();
  web = await startWeb(build.buildDir);
});

afterAll(async () => {
  await web?.stop();
  await build?.remove();
});

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('the build is one document below 150 kB gzip that names no other script or style', async () => {
  const document = await readFile(join(build.buildDir, 'index.html'));
  expect(gzipSync(document).byteLength).toBeLessThan(150_000);
  expect(document.toString()).not.toMatch(/<script[^>]+\bsrc=|<link[^>]+stylesheet/);
});

test('two builds of the same source are equal', async () => {
  const second = await buildShop();
  try {
    const [one, other] = await Promise.all(
      [build, second].map(({ buildDir }) => readFile(join(buildDir, 'index.html'), 'utf8')),
    );
    expect(other).toBe(one);
  } finally {
    await second.remove();
  }
});

test.each(['/', '/catalog', '/catalog/0b7f', '/no-such-page?x=a.b'])(
  'a visit of %s gets the document',
  async (path) => {
    const response = await fetch(web.origin + path, { headers: html });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('<div id="shop">');
  },
);

test('tells who answered, and keeps a correlation id that is a UUID', async () => {
  const id = 'a3b0f6de-8b52-4f7e-9c43-5d8f6f1f2a10';
  const response = await fetch(web.origin, { headers: { 'x-correlation-id': id } });
  expect(response.headers.get('x-correlation-id')).toBe(id);
  expect(response.headers.get('x-server-name')).toBe('west-1-3fa91c-web');
  expect(response.headers.get('x-server-location')).toBe('west');
  const forged = await fetch(web.origin, { headers: { 'x-correlation-id': 'drop table' } });
  expect(forged.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('lets the page run nothing but its own script and talk to nobody else', async () => {
  const response = await fetch(web.origin, { headers: html });
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toMatch(/script-src 'sha256-[^']+'(;|$)/);
  expect(policy).not.toContain('unsafe');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('referrer-policy')).toBe('same-origin');
});

test.each([
  ['GET', '/assets/index-old.js', '*/*'],
  ['GET', '/catalogservice/api/1.0/catalogitem', 'text/html'],
  ['GET', '/catalog', 'application/json'],
  ['GET', '/../../package.json', 'text/html'],
  ['POST', '/catalog', 'text/html'],
])('%s %s for %s is no page', async (method, path, accept) => {
  const response = await fetch(web.origin + path, { method, headers: { accept } });
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
});

test('sends the document compressed, and not again to those who have it', async () => {
  const headers = { ...html, 'accept-encoding': 'br' };
  const first = await ask(headers);
  expect(first.headers['content-encoding']).toBe('br');
  expect(first.headers.vary).toContain('accept-encoding');
  const again = await ask({ ...headers, 'if-none-match': first.headers.etag ?? '' });
  expect(again.statusCode).toBe(304);
});

/** By node:http, because fetch adds `no-cache` to a request with an ETag. */
async function ask(headers: Record<string, string>): Promise<IncomingMessage> {
  const [response] = (await once(get(web.origin, { headers, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  await once(response, 'end');
  return response;
}

test('is ready while the build is there', async () => {
  const ready = await fetch(`${web.origin}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true }]);
  const document = join(build.buildDir, 'index.html');
  await rename(document, `${document}.away`);
  const gone = await fetch(`${web.origin}/readyz`);
  await rename(`${document}.away`, document);
  expect(gone.status).toBe(503);
  expect(await gone.json()).toMatchObject({ ready: false });
});

test('without a build it does not start, and says why', async () => {
  const main = join(import.meta.dirname, '../server/main.ts');
  const env = { ...process.env, HOST: '127.206.0.1', PORT: '1', ALWAYSON_BUILD_DIR: '/nowhere' };
  await expect(promisify(execFile)(process.execPath, [main], { env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('run build.ts first') as unknown,
  });
});

test('ends by itself on SIGTERM with connections still open', async () => {
  const other = await startWeb(build.buildDir);
  await (await fetch(other.origin)).arrayBuffer();
  const exited = new Promise((resolve) => other.child.once('exit', resolve));
  other.child.kill('SIGTERM');
  expect(await exited).toBe(0);
});
