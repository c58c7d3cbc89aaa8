import type { Operation } from '@alwayson/protocol/operations.ts';
import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import type { Status } from '@alwayson/protocol/status.ts';

/** 1.4.0 on its way, its second step of three looked at. */
export function createRollout(change: Partial<RolloutReport> = {}): RolloutReport {
  return {
    id: 'deploy-1',
    kind: 'deploy',
    release: 'ab'.repeat(32),
    version: '1.4.0',
    from: 'cd'.repeat(32),
    fromVersion: '1.3.0',
    state: 'running',
    phase: 'bake',
    step: 1,
    steps: [5, 25, 100].map((percent) => ({
      parts: { west: percent / 100, east: percent / 100 },
      bakeSeconds: 30,
    })),
    startedAt: new Date().toISOString(),
    phases: [],
    gates: [
      {
        step: 0,
        at: new Date().toISOString(),
        verdict: 'pass',
        synthetic: 0,
        checks: [{ name: 'success', flow: 'list-items', verdict: 'pass', text: '0 of 310 failed' }],
      },
    ],
    ...change,
  };
}

export const deploy: Operation = {
  id: 'deploy-1',
  kind: 'deploy',
  title: 'Release 1.4.0 after 1.3.0',
  state: 'running',
  startedAt: new Date().toISOString(),
  steps: [
    { name: 'prepare', state: 'done' },
    { name: 'bake', state: 'running', waitingFor: '12 s of looking at it' },
    { name: 'drain', state: 'pending' },
  ],
};

export function withDeploy(status: Status, state: Operation['state'] = 'running'): Status {
  const { id, kind, title } = deploy;
  return { ...status, operations: [{ id, kind, title, state }] };
}
