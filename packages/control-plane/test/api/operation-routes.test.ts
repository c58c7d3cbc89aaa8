import type { RolloutOrder, RolloutReport } from '@alwayson/protocol/releases.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createApiServer } from '../../src/api/server.ts';
import { createOperationBoard } from '../../src/operations/operation-board.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { openMemoryStore } from '../records/memory-store.ts';
import {
  environmentOf,
  idleSwitchBoard,
  manifestOf,
  nothingMeasured,
  recordingPlacement,
  statusOf,
} from './fixtures.ts';

const operator = { authorization: 'Bearer operator-token' };
const owner = 'kim';

async function serve() {
  const journal = createSqliteJournal(openMemoryStore(), Date.now);
  const release = journal.begin({ kind: 'deploy', title: 'Release two after one', steps: ['place'] });
  const orders: RolloutOrder[] = [];
  const resumed: string[] = [];
  const report = { id: release.id } as RolloutReport;
  const operations = createOperationBoard({
    journal,
    releases: { report: () => report, order: async (order) => (orders.push(order), report) },
    recovery: { goOn: (operation) => (resumed.push(operation.id), operation) },
  });
  const server = await createApiServer({
    environment: environmentOf(),
    manifest: manifestOf(),
    journal,
    placement: recordingPlacement(),
    status: statusOf,
    switchBoard: idleSwitchBoard,
    consoleDir: () => null,
    ...nothingMeasured,
    operations,
  });
  onTestFinished(() => server.close());
  const post = (path: string, headers: Record<string, string> = operator) =>
    server.inject({ method: 'POST', url: `/api/operations/${path}`, payload: { owner }, headers });
  return { journal, release, orders, resumed, post, get: (path: string) => server.inject(`/api/${path}`) };
}

test('an operation is shown, cancelled by its journal, and gone on with by whoever ran it', async () => {
  const { journal, resumed, post, get } = await serve();
  const begun = journal.begin({ kind: 'backup', title: 'Back up', steps: ['west'], cancellableBefore: null });
  expect((await get(`operations/${begun.id}`)).json()).toMatchObject({
    state: 'running',
    isCancellable: true,
  });
  expect(await post(`${begun.id}/cancel`, {})).toMatchObject({ statusCode: 401 });
  const cancelled = await post(`${begun.id}/cancel`);
  expect(cancelled.statusCode).toBe(202);
  expect(cancelled.json()).toMatchObject({ id: begun.id, isCancellable: false });
  expect(begun.signal.aborted).toBe(true);
  expect((await post(`${begun.id}/cancel`)).json()).toMatchObject({ status: 409, code: 'AON_TOO_LATE' });
  expect((await post('nothing/cancel')).json()).toMatchObject({ status: 404, code: 'AON_NOT_FOUND' });
  expect((await post('nothing/resume')).json()).toMatchObject({ status: 404, code: 'AON_NOT_FOUND' });
  expect((await post(`${begun.id}/resume`)).statusCode).toBe(202);
  expect(resumed).toEqual([begun.id]);
});

test('of the release on its way, cancel is abort and resume ends its pause', async () => {
  const { release, orders, resumed, post } = await serve();
  expect((await post(`${release.id}/cancel`)).json()).toMatchObject({ id: release.id, state: 'running' });
  expect((await post(`${release.id}/resume`)).statusCode).toBe(202);
  expect(orders).toEqual([
    { order: 'abort', owner },
    { order: 'resume', owner },
  ]);
  expect(resumed).toEqual([]);
});
