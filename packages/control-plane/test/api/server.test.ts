import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '@alwayson/protocol/status.ts';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApiServer } from '../../src/api/server.ts';
import { createSqliteJournal, type SqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { openMemoryStore } from '../records/memory-store.ts';
import {
  environmentOf,
  idleSwitchBoard,
  nothingMeasured,
  manifestOf,
  recordingPlacement,
  statusOf,
} from './fixtures.ts';

const operator = { authorization: 'Bearer operator-token' };
let server: FastifyInstance;
let journal: SqliteJournal;
let status: Status;
let consoleDir: string | null;
let placement: ReturnType<typeof recordingPlacement>;

beforeEach(async () => {
  journal = createSqliteJournal(openMemoryStore(), Date.now);
  status = statusOf();
  consoleDir = null;
  placement = recordingPlacement();
  server = await createApiServer({
    environment: environmentOf(),
    manifest: manifestOf(),
    journal,
    placement,
    status: () => status,
    switchBoard: idleSwitchBoard,
    consoleDir: () => consoleDir,
    ...nothingMeasured,
  });
});
afterEach(() => server.close());

test('reads are open: status, manifest, events, operations, OpenAPI, metrics', async () => {
  journal.event({ severity: 'info', type: 'a.b', entity: 'a', message: 'x' });
  expect((await server.inject('/api/status')).json()).toEqual(status);
  expect((await server.inject('/api/manifest')).json()).toMatchObject({ name: 'shop' });
  expect((await server.inject('/api/events?limit=5')).json()).toMatchObject([{ seq: 1, type: 'a.b' }]);
  expect((await server.inject('/api/operations')).json()).toEqual([]);
  expect(Object.keys((await server.inject('/api/openapi.json')).json().paths)).toContain('/api/kill');
  expect((await server.inject('/metrics')).body).toContain(
    'alwayson_unit_healthy{zone="west-1",unit="pg-west-1"',
  );
});

test('a change without the operator token is refused, and nothing is done', async () => {
  const answer = await server.inject({ method: 'POST', url: '/api/kill', payload: { target: 'west-1' } });
  expect(answer.statusCode).toBe(401);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({ code: 'AON_UNAUTHORIZED' });
  expect(placement.calls).toEqual([]);
});

test('a foreign page or a rebound name cannot use the session', async () => {
  const request = { method: 'POST', url: '/api/kill', payload: { target: 'west-1' } } as const;
  const foreign = await server.inject({
    ...request,
    headers: { ...operator, origin: 'http://evil.example' },
  });
  expect(foreign.statusCode).toBe(401);
  const rebound = await server.inject({ ...request, headers: { ...operator, host: 'evil.example:8900' } });
  expect(rebound.statusCode).toBe(401);
  expect(placement.calls).toEqual([]);
});

test('kill and revive reach the zone, the stamp, the unit that is named', async () => {
  const post = (action: string, target: string) =>
    server.inject({ method: 'POST', url: `/api/${action}`, payload: { target }, headers: operator });
  expect((await post('kill', 'west-1')).json()).toMatchObject({
    kind: 'zone',
    units: expect.arrayContaining(['pg-west-1']),
  });
  expect((await post('revive', 'west')).json()).toMatchObject({ kind: 'region' });
  expect((await post('kill', 'west-1-abcdef')).json()).toMatchObject({
    kind: 'stamp',
    units: ['west-1-abcdef-api'],
  });
  expect((await post('kill', 'pg-west-1')).statusCode).toBe(200);
  expect(placement.calls).toEqual([
    'outage west-1',
    'start west-1',
    'kill west-1/west-1-abcdef-api',
    'kill west-1/pg-west-1',
  ]);
  const unknown = await post('kill', 'mars');
  expect(unknown.statusCode).toBe(404);
  expect(unknown.json().detail).toContain('Known: west');
});

test('bad input is told by field', async () => {
  const answer = await server.inject({ method: 'POST', url: '/api/kill', payload: {}, headers: operator });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'AON_USAGE', detail: expect.stringContaining('target') });
});

test('the login link opens a session for the console', async () => {
  const refused = await server.inject('/login?token=guess');
  expect(refused.statusCode).toBe(401);
  const login = await server.inject('/login?token=operator-token');
  expect(login.statusCode).toBe(302);
  const cookie = String(login.headers['set-cookie']);
  expect(cookie).not.toContain('operator-token');
  expect(cookie).toContain('HttpOnly; SameSite=Strict');
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  const killed = await server.inject({
    method: 'POST',
    url: '/api/kill',
    payload: { target: 'pg-west-1' },
    headers,
  });
  expect(killed.statusCode).toBe(200);
});

test('the console explains itself while it is built, then serves the app for unknown paths, never a file outside', async () => {
  expect((await server.inject('/')).body).toContain('being built');
  consoleDir = mkdtempSync(join(tmpdir(), 'alwayson-console-'));
  writeFileSync(join(consoleDir, 'index.html'), '<title>app</title>');
  expect((await server.inject('/events')).body).toBe('<title>app</title>');
  expect((await server.inject('/../../../../../../etc/passwd')).body).not.toContain('root:');
  rmSync(consoleDir, { recursive: true });
});

test('the stream starts with the status, then tells events as they happen', async () => {
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const closing = new AbortController();
  const response = await fetch(`${address}/api/stream`, { signal: closing.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (part: string) => {
    while (!text.includes(part)) text += (await reader?.read())?.value ?? '';
  };
  await until('event: status');
  journal.event({ severity: 'info', type: 'zone.lost', entity: 'west-1', message: 'gone' });
  await until('zone.lost');
  expect(text).toContain('id: 1\nevent: event\n');
  closing.abort();
});

test('a kill of the control plane itself is answered before it is done', async () => {
  const unit = {
    id: 'control-plane',
    kind: 'control-plane',
    pid: 5,
    address: '127.0.0.1',
    port: 8900,
  } as const;
  status.witness.units = [{ ...unit, state: 'healthy', process: 'ready', restarts: 0 }];
  const request = {
    method: 'POST',
    url: '/api/kill',
    payload: { target: 'control-plane' },
    headers: operator,
  } as const;
  expect((await server.inject(request)).json()).toMatchObject({ kind: 'unit', units: ['control-plane'] });
  await expect.poll(() => placement.calls).toEqual(['kill witness/control-plane']);
});

test('what is not known yet is said so', async () => {
  for (const url of ['/api/health', '/api/shares', '/api/slo']) {
    const answer = await server.inject(url);
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'AON_STARTING']);
  }
});
