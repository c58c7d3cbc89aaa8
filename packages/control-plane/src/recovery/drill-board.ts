import { findDrillFault } from '@alwayson/core/drill/judge-drill.ts';
import { type DrillEvidence, DrillReport } from '@alwayson/protocol/drills.ts';
import type { RecoveryMode, RecoveryPlan } from '@alwayson/protocol/recovery.ts';
import { z } from 'zod';
import type { ControllerContext } from '../controller.ts';

const recordName = 'drills';
const kept = 50;
/** Newest first. */
const Kept = z.object({ drills: z.array(DrillReport) });

/** The evidence of drills: they run on copies, and are filed with who was copied. */
export interface DrillBoard {
  list(): readonly DrillReport[];
  /** What the newest of this mode that passed had measured, for a plan to quote. */
  last(mode: RecoveryMode): RecoveryPlan['lastDrill'];
  /** Judges it, and keeps it. */
  file(evidence: DrillEvidence): DrillReport;
}

export function createDrillBoard({
  records,
  journal,
}: Pick<ControllerContext, 'records' | 'journal'>): DrillBoard {
  const read = () => records.read(recordName, Kept, { drills: [] });
  return {
    list: () => read().value.drills,
    last(mode) {
      const found = read().value.drills.find((drill) => drill.mode === mode && drill.state === 'passed');
      if (found === undefined) return null;
      return { at: found.endedAt, rtoMs: found.recovery?.rtoMs ?? null, lost: found.load?.lost ?? 0 };
    },
    file(evidence) {
      const report = toReport(evidence);
      const { version, value } = read();
      records.commit(recordName, version, { drills: [report, ...value.drills].slice(0, kept) });
      journal.event({
        severity: report.state === 'passed' ? 'info' : 'warning',
        type: `drill.${report.state}`,
        entity: 'recovery',
        message: describe(report),
      });
      return report;
    },
  };
}

function toReport(evidence: DrillEvidence): DrillReport {
  const reason = findDrillFault(evidence);
  const { failure: _, ...seen } = evidence;
  return reason === null ? { ...seen, state: 'passed' } : { ...seen, state: 'failed', reason };
}

function describe({ mode, state, recovery, load, reason }: DrillReport): string {
  const parts = [
    `A drill (${mode}) ${state}.`,
    recovery === null ? '' : `RTO ${recovery.rtoMs ?? '?'} ms.`,
    load === null
      ? ''
      : `${load.failedRequests} of ${load.requests} requests failed, ${load.lost} of ${load.acknowledged} acknowledged writes lost.`,
    reason ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}
