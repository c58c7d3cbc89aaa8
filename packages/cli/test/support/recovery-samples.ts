import type { Operation } from '@alwayson/protocol/operations.ts';
import type { RecoveryPlan, RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { startMarkedProcess } from './marked-process.ts';
import { createSampleEnvironment } from './sample-environment.ts';
import { createStateDir } from './scratch.ts';
import { type MoreAnswers, startStandInControlPlane } from './stand-in-control-plane.ts';

export const plan: RecoveryPlan = {
  mode: 'planned',
  from: 'west',
  to: 'east',
  epoch: 3,
  writer: 'pg-west-1',
  candidate: 'pg-east-1',
  isReady: true,
  loss: null,
  target: null,
  checks: [{ name: 'lag', state: 'pass', detail: '0 bytes behind' }],
  steps: [
    { name: 'hold', what: 'make writes wait', typicalMs: 40 },
    { name: 'commit', what: 'name the new writer', typicalMs: null },
  ],
  pointOfNoReturn: 'commit',
  lastDrill: null,
};
export const report: RecoveryReport = {
  operation: 'failover-9',
  mode: 'planned',
  state: 'succeeded',
  from: 'west',
  to: 'east',
  epoch: 4,
  rtoMs: 480,
  writeGapMs: 480,
  rpoMs: 0,
  lostWrites: 0,
  unknownOutcomes: 0,
  failedRequests: 0,
  phases: [{ name: 'hold', ms: 31 }],
  checks: plan.checks,
};
export const running: Operation = {
  id: 'failover-9',
  kind: 'failover',
  title: 'Move the writer from west to east, for kim',
  state: 'running',
  startedAt: '2026-01-01T10:00:00.000Z',
  steps: [{ name: 'hold', state: 'running', startedAt: '2026-01-01T10:00:00.000Z' }],
};
export const done: Operation = {
  ...running,
  state: 'succeeded',
  endedAt: '2026-01-01T10:00:02.000Z',
  steps: [{ ...running.steps[0]!, state: 'done', endedAt: '2026-01-01T10:00:00.031Z' }],
  result: report,
};

/** An environment whose control plane answers so. */
export async function startEnvironment(also: MoreAnswers) {
  const stateDir = createStateDir();
  const controlPlane = await startStandInControlPlane(also);
  await createSampleEnvironment(stateDir, { frontDoor: 18_232, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  return { stateDir, requests: controlPlane.requests };
}

/** As one in which a switch to east ends so. */
export const answering =
  (ended: Operation = done, planned: RecoveryPlan = plan): MoreAnswers =>
  (route) => {
    if (route.startsWith('GET /api/failover/plan')) return planned;
    if (route === 'POST /api/failover') return running;
    if (route === 'GET /api/operations') return [ended, running];
    return route === 'GET /api/operations/failover-9' ? ended : undefined;
  };
