import { Alert } from '@alwayson/protocol/alerts.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createApiServer } from '../../src/api/server.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import * as api from '../api/fixtures.ts';
import { openMemoryStore } from '../records/memory-store.ts';
import { alert } from './fixtures.ts';

const operator = { authorization: 'Bearer operator-token' };

async function createServer() {
  const asked: unknown[] = [];
  const server = await createApiServer({
    environment: api.environmentOf(),
    manifest: api.manifestOf(),
    journal: createSqliteJournal(openMemoryStore(), Date.now),
    placement: api.recordingPlacement(),
    status: () => api.statusOf(),
    switchBoard: api.idleSwitchBoard,
    consoleDir: () => null,
    ...api.nothingMeasured,
    alerts: {
      alerts({ state }) {
        asked.push(state);
        return [alert];
      },
      acknowledge(id, request) {
        if (id !== alert.id) throw new AlwaysOnError('AON_NOT_FOUND', `There is no open alert ${id}.`);
        asked.push(request);
        return { ...alert, state: 'acknowledged' };
      },
    },
  });
  onTestFinished(() => server.close());
  return { server, asked };
}

test('alerts are read by state; the active ones by default', async () => {
  const { server, asked } = await createServer();
  const answer = await server.inject('/api/alerts');
  expect(Alert.array().parse(answer.json())).toEqual([alert]);
  await server.inject('/api/alerts?state=resolved');
  expect(asked).toEqual(['active', 'resolved']);
  expect((await server.inject('/api/alerts?state=gone')).statusCode).toBe(400);
  expect(Object.keys((await server.inject('/api/openapi.json')).json().paths)).toContain(
    '/api/alerts/{id}/acknowledge',
  );
});

test('to acknowledge takes the operator, an owner and a reason', async () => {
  const { server, asked } = await createServer();
  const request = { method: 'POST', url: `/api/alerts/${alert.id}/acknowledge` } as const;
  const payload = { owner: 'kim', reason: 'on it' };
  expect((await server.inject({ ...request, payload })).statusCode).toBe(401);
  const bare = await server.inject({ ...request, headers: operator, payload: { owner: 'kim', reason: ' ' } });
  expect(bare.statusCode).toBe(400);
  const elsewhere = { ...request, url: '/api/alerts/alert-1/acknowledge', headers: operator, payload };
  expect((await server.inject(elsewhere)).json()).toMatchObject({ code: 'AON_NOT_FOUND' });
  const answer = await server.inject({ ...request, headers: operator, payload });
  expect(answer.json()).toMatchObject({ state: 'acknowledged' });
  expect(asked).toEqual([payload]);
});
