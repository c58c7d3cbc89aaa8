import type {
  GateCheck,
  GateResult,
  HistoryEntry,
  ListedRelease,
  RolloutPlan,
  RolloutReport,
} from '@alwayson/protocol/releases.ts';

export const digest = `3fa2b1c9d0e1${'0'.repeat(52)}`;
export const digestBefore = `77aa00bb11cc${'0'.repeat(52)}`;
/** 95 s after a sample began. */
export const sampleNowMs = Date.parse('2026-01-01T10:01:35.000Z');

const steps = [5, 25, 100].map((percent) => ({
  parts: { west: percent / 100, east: percent / 100 },
  bakeSeconds: 30,
}));

/** A release whose second step of three is looked at. */
export function createRollout(change: Partial<RolloutReport> = {}): RolloutReport {
  return {
    id: 'deploy-1',
    kind: 'deploy',
    release: digest,
    version: '1.4.0',
    from: digestBefore,
    fromVersion: '1.3.0',
    state: 'running',
    phase: 'bake',
    step: 1,
    steps,
    waitingFor: '18 s of looking at it',
    expectedSeconds: 240,
    pointOfNoReturn: null,
    startedAt: '2026-01-01T10:00:00.000Z',
    phases: [
      { name: 'prepare', seconds: 12.34 },
      { name: 'migrate', seconds: 0.82 },
      { name: 'place', seconds: 3.1 },
      { name: 'warm', seconds: 2 },
      { name: 'smoke', seconds: 0.5 },
      { name: 'shift 5 %', seconds: 1.24 },
      { name: 'bake 5 %', seconds: 30.2 },
      { name: 'shift 25 %', seconds: 1.1 },
      { name: 'bake 25 %', seconds: 12 },
    ],
    gates: [createGate(0)],
    ...change,
  };
}

export function createGate(step: number, change: Partial<GateResult> = {}): GateResult {
  return {
    step,
    at: '2026-01-01T10:00:50.000Z',
    verdict: 'pass',
    synthetic: 0,
    checks: [
      createCheck('success', '0 of 310 failed, beside 0 of 5,890', { flow: 'list-items' }),
      createCheck('memory', 'api 80 MiB, beside 78 MiB'),
    ],
    ...change,
  };
}

export function createCheck(name: string, text: string, change: Partial<GateCheck> = {}): GateCheck {
  return { name, verdict: 'pass', text, ...change };
}

const bad = '12 of 310 failed, beside 0 of 5,890 (chance 1e-9)';

/** Undone because of its second step's gate. */
export function createUndoneRollout(change: Partial<RolloutReport> = {}): RolloutReport {
  const { waitingFor: _, ...running } = createRollout();
  return {
    ...running,
    state: 'undone',
    phase: 'withdraw',
    reason: `success of list-items: ${bad}`,
    code: 'AON_ROLLOUT_UNDONE',
    live: '1.3.0',
    endedAt: '2026-01-01T10:01:10.000Z',
    phases: [...running.phases, { name: 'revert', seconds: 0.4 }, { name: 'withdraw', seconds: 2.25 }],
    gates: [
      createGate(0),
      createGate(1, {
        verdict: 'fail',
        synthetic: 40,
        checks: [
          createCheck('success', bad, { verdict: 'fail', flow: 'list-items' }),
          createCheck('latency', '4 of 50 requests', { verdict: 'not-enough-data', flow: 'rate' }),
          createCheck('memory', 'api 80 MiB, beside 78 MiB'),
        ],
      }),
    ],
    ...change,
  };
}

export function createSucceededRollout(change: Partial<RolloutReport> = {}): RolloutReport {
  const { waitingFor: _, ...running } = createRollout();
  return {
    ...running,
    state: 'succeeded',
    phase: 'remove',
    step: 2,
    live: '1.4.0',
    endedAt: '2026-01-01T10:03:00.000Z',
    phases: [
      ...running.phases,
      { name: 'shift 100 %', seconds: 1.3 },
      { name: 'bake 100 %', seconds: 30 },
      { name: 'settle', seconds: 2.5 },
      { name: 'drain', seconds: 4 },
      { name: 'remove', seconds: 1 },
    ],
    gates: [createGate(0), createGate(1), createGate(2)],
    requests: 122_749,
    lost: 0,
    longestGapMs: 41.25,
    p50Ms: { before: 3.1, during: 3.2, after: 3.1 },
    p99Ms: { before: 81, during: 85.31, after: null },
    coverage: 1,
    ...change,
  };
}

export function createPlan(change: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    planId: 'plan-0f3e',
    kind: 'deploy',
    release: digest,
    version: '1.4.0',
    from: digestBefore,
    fromVersion: '1.3.0',
    stamps: [
      { id: 'west-1-3fa2b1', zone: 'west-1', region: 'west' },
      { id: 'west-2-3fa2b1', zone: 'west-2', region: 'west' },
      { id: 'east-1-3fa2b1', zone: 'east-1', region: 'east' },
    ],
    steps,
    capacity: [
      { step: 0, region: 'west', capacity: 400, demand: 12.46, enough: true },
      { step: 0, region: 'east', capacity: 200, demand: 8, enough: true },
    ],
    schema: { expand: ['004_stock.sql'], contract: [], waiting: [], faults: [] },
    budget: 'normal',
    expectedSeconds: 240,
    pointOfNoReturn: null,
    refusals: [],
    ...change,
  };
}

export function createRelease(change: Partial<ListedRelease> = {}): ListedRelease {
  return {
    digest,
    version: '1.4.0',
    source: { kind: 'folder', path: '/shop' },
    createdAt: '2026-01-01T10:00:00.000Z',
    createdBy: 'kim',
    files: 120,
    bytes: 3_456_789,
    config: digest,
    migrations: [],
    packages: [],
    state: 'live',
    ...change,
  };
}

export function createHistoryEntry(seq: number, change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    seq,
    at: '2026-01-01T10:00:00.000Z',
    kind: 'phase',
    rollout: 'deploy-1',
    who: 'kim',
    data: { phase: 'place' },
    previous: '0'.repeat(64),
    hash: digest,
    ...change,
  };
}
