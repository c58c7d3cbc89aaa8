import type { DrillEvidence } from '@alwayson/protocol/drills.ts';

/** Why a drill did not show what it was to show; null when it did. An emergency may lose writes: they are counted. */
export function findDrillFault({ mode, failure, recovery, load }: DrillEvidence): string | null {
  if (failure !== undefined) return failure;
  if (recovery === null || load === null) return 'It ended before the operation did.';
  if (recovery.state !== 'succeeded') return `The operation ended as ${recovery.state}.`;
  if (load.acknowledged === 0) return 'No write was acknowledged: nothing is known of what would be lost.';
  if (mode === 'emergency') return null;
  if (load.lost > 0) return `${load.lost} of ${load.acknowledged} acknowledged writes were lost.`;
  if (mode === 'planned' && load.failedRequests > 0)
    return `${load.failedRequests} of ${load.requests} requests failed.`;
  return null;
}
