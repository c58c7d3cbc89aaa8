import type { Operation } from '@alwayson/protocol/operations.ts';
import type { LossEstimate, RecoveryCheck, RecoveryReport } from '@alwayson/protocol/recovery.ts';

export interface ReportInput {
  operation: Operation;
  mode: RecoveryReport['mode'];
  loss: LossEstimate | null;
  state: RecoveryReport['state'];
  from: string;
  to: string;
  /** In force at the end. */
  epoch: number;
  failedRequests: number | null;
  checks: readonly RecoveryCheck[];
}

/** What a switch of the writer's region measured, by the times that its steps have in the journal. */
export function toRecoveryReport({ operation, loss, checks, ...rest }: ReportInput): RecoveryReport {
  const phases = operation.steps.flatMap(({ name, startedAt, endedAt }) =>
    startedAt === undefined || endedAt === undefined
      ? []
      : [{ name, ms: Date.parse(endedAt) - Date.parse(startedAt) }],
  );
  const gapMs = toGapMs(operation);
  // Before the point of no return nobody else has written; after it, the new writer of a planned switch had everything.
  const isWhole = rest.mode === 'planned' ? rest.state !== 'failed' : rest.state === 'rolled-back';
  const seconds = loss?.seconds ?? null;
  return {
    operation: operation.id,
    ...rest,
    rtoMs: gapMs,
    // How long nobody wrote before the emergency was declared is not this operation's to know.
    writeGapMs: rest.mode === 'emergency' ? null : gapMs,
    rpoMs: isWhole ? 0 : seconds === null ? null : Math.round(seconds * 1000),
    lostWrites: isWhole ? 0 : null,
    unknownOutcomes: isWhole ? 0 : null,
    phases,
    checks: [...checks],
  };
}

/** From when a write may have had to wait first to when all go through again. */
function toGapMs({ steps }: Operation): number | null {
  const timeOf = (name: string, which: 'startedAt' | 'endedAt') =>
    Date.parse(steps.find((step) => step.name === name)?.[which] ?? '');
  const isHeld = steps.some(({ name }) => name === 'hold');
  const heldAt = timeOf(isHeld ? 'hold' : 'commit', 'startedAt');
  const openedAt = [timeOf('open', 'endedAt'), timeOf('back', 'endedAt')].find(Number.isFinite);
  return openedAt === undefined || !Number.isFinite(heldAt) ? null : openedAt - heldAt;
}
