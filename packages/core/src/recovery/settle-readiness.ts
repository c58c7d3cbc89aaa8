import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';

/** Whether a region could write, as it is told: a change counts once it was seen twice. */
export interface Readiness {
  isReady: boolean;
  /** Unix ms. */
  since: number;
  /** Of the last look. */
  failing: RecoveryCheck[];
  /** The last look said otherwise. */
  isDoubted: boolean;
}

export function settleReadiness(
  before: Readiness | undefined,
  checks: readonly RecoveryCheck[],
  now: number,
): Readiness {
  const failing = checks.filter(({ state }) => state === 'fail');
  const isReady = failing.length === 0;
  if (before === undefined) return { isReady, since: now, failing, isDoubted: false };
  if (before.isReady === isReady) return { ...before, failing, isDoubted: false };
  return before.isDoubted
    ? { isReady, since: now, failing, isDoubted: false }
    : { ...before, failing, isDoubted: true };
}
