import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { HttpProblem } from '../src/http-problem.ts';
import { readIdentity } from '../src/identity.ts';
import { createReadiness } from '../src/readiness.ts';
import { createServer, type ServerOptions } from '../src/server.ts';

const logged: { event: string; facts: Record<string, unknown> }[] = [];
let server: FastifyInstance;

afterEach(async () => {
  await server.close();
  logged.length = 0;
});

function open(options: Partial<ServerOptions> = {}) {
  const readiness = createReadiness();
  server = createServer({
    identity: readIdentity({ ALWAYSON_REGION: 'west', ALWAYSON_UNIT: 'west-1-abc-api' }),
    readiness,
    log: (event, facts = {}) => void logged.push({ event, facts }),
    ...options,
  });
  return { server, readiness };
}

test('every answer says who gave it and under which id', async () => {
  open();
  server.get('/api/:version/thing', async () => ({ ok: true }));
  const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  const answer = await server.inject({ url: '/api/2.1/thing', headers: { 'x-correlation-id': id } });
  expect(answer.headers).toMatchObject({
    'x-correlation-id': id,
    'x-server-name': 'west-1-abc-api',
    'x-server-location': 'west',
    'x-requested-api-version': '2.1',
  });
  const other = await server.inject({ url: '/nothing', headers: { 'x-correlation-id': 'not a uuid' } });
  expect(other.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(other.headers['x-requested-api-version']).toBe('1.0');
  expect(other.json()).toMatchObject({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    code: 'NOT_FOUND',
    correlationId: other.headers['x-correlation-id'],
  });
  expect(other.headers['content-type']).toContain('application/problem+json');
});

test('bodies that cannot be taken are refused in the right words', async () => {
  open({ bodyBytesMax: 100 });
  server.post('/thing', async () => ({}));
  const post = (payload: string, type = 'application/json') =>
    server.inject({ method: 'POST', url: '/thing', payload, headers: { 'content-type': type } });
  expect((await post('{')).json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  expect((await post('x=1', 'application/x-www-form-urlencoded')).json()).toMatchObject({ status: 415 });
  expect((await post('hello', 'text/plain')).json()).toMatchObject({ status: 415 });
  expect((await post(JSON.stringify('x'.repeat(200)))).json()).toMatchObject({ status: 413 });
});

test('a fault of ours tells the client nothing of it, and the log everything', async () => {
  open();
  server.get('/broken', async () => {
    throw new Error('relation "secret" does not exist');
  });
  const answer = await server.inject('/broken');
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain('secret');
  expect(logged).toMatchObject([
    { event: 'request.failed', facts: { correlationId: answer.json().correlationId } },
  ]);
  expect(String(logged[0]?.facts.error)).toContain('secret');
});

test('an error on purpose keeps its words, fields and Retry-After', async () => {
  open();
  server.get('/later', async () => {
    const fields = [{ field: 'name', message: 'must not be empty' }];
    throw new HttpProblem(503, 'LATER', { detail: 'Come back.', fields, retryAfterSeconds: 7 });
  });
  const answer = await server.inject('/later');
  expect(answer.headers['retry-after']).toBe('7');
  expect(answer.json()).toMatchObject({ code: 'LATER', detail: 'Come back.', errors: [{ field: 'name' }] });
});

test('above the bound requests are refused at once, probes are not', async () => {
  open({ concurrencyMax: 2 });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.get('/slow', async () => held.then(() => ({})));
  const url = await server.listen({ host: '127.205.3.1', port: 0 });
  const slow = [fetch(`${url}/slow`), fetch(`${url}/slow`)];
  // Both are at work when the third is refused; the first attempts may come before them.
  let third = await fetch(`${url}/missing`);
  for (let n = 0; n < 100 && third.status !== 503; n += 1) third = await fetch(`${url}/missing`);
  expect(third.status).toBe(503);
  expect(third.headers.get('retry-after')).toBe('1');
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  release();
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200]);
  await expect.poll(async () => (await fetch(`${url}/slow`)).status).toBe(200);
});

test('the probe path tells readiness, and a stopping server lets its connections go', async () => {
  const { readiness } = open({ probePath: '/health' });
  server.get('/thing', async () => ({}));
  expect((await server.inject('/health')).json()).toEqual({ ready: true, dependencies: [], requests: 0 });
  await server.inject('/thing');
  expect((await server.inject('/health')).json()).toMatchObject({ requests: 1 });
  readiness.stop();
  const answer = await server.inject('/health');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ ready: false, reason: 'stopping' });
  expect((await server.inject('/thing')).headers.connection).toBe('close');
  expect((await server.inject('/livez')).statusCode).toBe(200);
});
