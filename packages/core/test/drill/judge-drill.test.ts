import type { DrillEvidence, DrillLoad } from '@alwayson/protocol/drills.ts';
import type { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { findDrillFault } from '../../src/drill/judge-drill.ts';

const clean: DrillLoad = {
  requests: 500,
  failedRequests: 0,
  writes: 100,
  acknowledged: 100,
  lost: 0,
  undone: 0,
  longestWriteGapMs: 900,
};
const at = '2026-01-01T00:00:00.000Z';
const modes = ['planned', 'emergency', 'restore'] as const;

function judge(mode: DrillEvidence['mode'], load: Partial<DrillLoad>, state = 'succeeded'): string | null {
  return findDrillFault({
    mode,
    owner: 'kim',
    startedAt: at,
    endedAt: at,
    backup: '20260101-000000F',
    release: 'd'.repeat(64),
    recovery: { state } as RecoveryReport,
    load: { ...clean, ...load },
    phases: [],
  });
}

test.each(modes)('%s: passes when nothing failed, and not when the operation did', (mode) => {
  expect(judge(mode, {})).toBeNull();
  expect(judge(mode, {}, 'rolled-back')).toContain('rolled-back');
});

test.each(modes)('%s: without an acknowledged write nothing was shown', (mode) => {
  expect(judge(mode, { acknowledged: 0 })).toContain('No write');
});

test('a planned switch may fail and lose nothing, a restore lose nothing, an emergency is measured', () => {
  expect(judge('planned', { lost: 1 })).toContain('1 of 100');
  expect(judge('restore', { lost: 1 })).toContain('1 of 100');
  expect(judge('emergency', { lost: 1 })).toBeNull();
  expect(judge('planned', { failedRequests: 2 })).toContain('2 of 500');
  expect(judge('restore', { failedRequests: 2 })).toBeNull();
  expect(judge('restore', { undone: 30 })).toBeNull();
});

test('what ended before the operation did has shown nothing', () => {
  const nothing = { backup: null, release: null, recovery: null, load: null, phases: [] };
  const evidence = { mode: 'planned', owner: 'kim', startedAt: at, endedAt: at, ...nothing } as const;
  expect(findDrillFault(evidence)).toContain('before the operation');
  expect(findDrillFault({ ...evidence, failure: 'No room.' })).toBe('No room.');
});
