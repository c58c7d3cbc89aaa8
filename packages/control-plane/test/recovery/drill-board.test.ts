import type { DrillEvidence } from '@alwayson/protocol/drills.ts';
import type { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createDrillBoard } from '../../src/recovery/drill-board.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const at = '2026-01-01T00:00:00.000Z';
const recovery: RecoveryReport = {
  operation: 'failover-1',
  mode: 'planned',
  state: 'succeeded',
  from: 'west',
  to: 'east',
  epoch: 2,
  rtoMs: 1500,
  writeGapMs: 1500,
  rpoMs: 0,
  lostWrites: 0,
  unknownOutcomes: 0,
  failedRequests: 0,
  phases: [],
  checks: [],
};
const evidence: DrillEvidence = {
  mode: 'planned',
  owner: 'kim',
  startedAt: at,
  endedAt: at,
  backup: '20260101-000000F',
  release: 'd'.repeat(64),
  recovery,
  load: {
    requests: 500,
    failedRequests: 0,
    writes: 100,
    acknowledged: 100,
    lost: 0,
    undone: 0,
    longestWriteGapMs: 1600,
  },
  phases: [{ name: 'copy', ms: 60_000 }],
};

function createRig() {
  const store = openMemoryStore();
  const journal = createSqliteJournal(store, () => 0);
  const open = () =>
    createDrillBoard({ records: createSqliteRecords(store, { mirror: noMirror, now: () => 0 }), journal });
  return { board: open(), reopen: open, events: () => journal.events({ limit: 10 }) };
}

test('what passed is kept, told, and quoted for its own mode only', () => {
  const { board, reopen, events } = createRig();
  expect(board.last('planned')).toBeNull();
  expect(board.file(evidence)).toMatchObject({ state: 'passed', recovery: { rtoMs: 1500 } });
  expect(reopen().last('planned')).toEqual({ at, rtoMs: 1500, lost: 0 });
  expect(board.last('restore')).toBeNull();
  expect(events()).toMatchObject([{ type: 'drill.passed', severity: 'info' }]);
});

test('what failed is kept with its reason, and never quoted', () => {
  const { board, events } = createRig();
  board.file(evidence);
  const failed = board.file({ ...evidence, recovery: null, load: null, failure: 'The copy did not start.' });
  expect(failed).toMatchObject({ state: 'failed', reason: 'The copy did not start.' });
  expect(failed).not.toHaveProperty('failure');
  expect(board.last('planned')).toEqual({ at, rtoMs: 1500, lost: 0 });
  expect(board.list().map(({ state }) => state)).toEqual(['failed', 'passed']);
  expect(events().at(-1)).toMatchObject({ type: 'drill.failed', severity: 'warning' });
});

test('the oldest go when there are more than fifty', () => {
  const { board } = createRig();
  for (let drill = 0; drill < 52; drill += 1) board.file({ ...evidence, owner: `kim ${drill}` });
  expect(board.list()).toHaveLength(50);
  expect(board.list().at(-1)?.owner).toBe('kim 2');
});
