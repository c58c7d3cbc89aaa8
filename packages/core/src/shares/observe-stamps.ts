import { readSharedReasons, readStamp } from './classify-stamp.ts';
import { type ComparedStamp, countOf, findOutliers } from './find-outliers.ts';
import { findBadStamps, type FlowFaults, provenCount } from './judge-flows.ts';
import { differingMs, type JudgedInput } from './judge-stamps.ts';
import { isFresh, type ShareEvidence, type StampEvidence } from './share-evidence.ts';
import { toPairKey } from './pair-key.ts';
import type { ShareMemory, StampMemory } from './share-memory.ts';

export interface Observed {
  inputs: JudgedInput[];
  faults: FlowFaults;
  suspicions: ShareMemory['suspicions'];
}

/** One look at every stamp. Traffic is compared first: it may doubt a stamp that its own words do not. */
export function observeStamps(memory: ShareMemory, evidence: ShareEvidence, now: number): Observed {
  const { hardDependencies } = evidence;
  const comparable = evidence.stamps.filter((stamp) => {
    const shared = readSharedReasons(stamp, { hardDependencies, now }).map(({ key }) => key);
    return isComparable(memory.stamps[stamp.id], shared, now);
  });
  const stamps = comparable.map((stamp) => ({
    ...toCompared(stamp, memory),
    isCandidate: stamp.release === evidence.rollout?.candidate,
  }));
  const compared = findOutliers({ stamps, flows: evidence.flows, suspicions: memory.suspicions }, now);
  const faults: FlowFaults = { ...compared, standings: memory.flowStandings };
  const bad = findBadStamps(
    evidence.stamps.map(({ id }) => id),
    faults,
  );
  const inputs = evidence.stamps.map((stamp): JudgedInput => {
    const isDoubted = isSuspected(stamp.id, compared.suspicions) || isFailingProbes(stamp, now);
    const text = bad.get(stamp.id);
    const since = memory.stamps[stamp.id]?.standing.since ?? now;
    const seen = stamp.traffic.reduce((sum, { slices }) => sum + countOf(slices, since), 0);
    return {
      evidence: stamp,
      reading: readStamp(stamp, { hardDependencies, isDoubted, now }),
      trafficReason: text === undefined ? null : { level: 'soft', key: 'traffic', text },
      isProven: seen >= provenCount,
      isAwaited: stamp.release === evidence.rollout?.candidate,
    };
  });
  return { inputs, faults, suspicions: compared.suspicions };
}

/**
 * Only who serves is compared; and trouble that others share, or may be about to, is not judged by its symptoms: one stamp feels it
 * first, another has a warmer cache.
 */
function isComparable(known: StampMemory | undefined, shared: readonly string[], now: number): boolean {
  if (known === undefined || known.class === 'off' || known.class === 'hard') return false;
  return shared.every((key) => key.startsWith('flow:') || now - (known.differing[key] ?? now) >= differingMs);
}

function toCompared(
  stamp: StampEvidence,
  { stamps, flowStandings }: ShareMemory,
): Omit<ComparedStamp, 'isCandidate'> {
  const whole = stamps[stamp.id]?.standing.kind ?? 'serving';
  return {
    id: stamp.id,
    traffic: stamp.traffic,
    isOnProbation: (flow) =>
      [whole, flowStandings[toPairKey(stamp.id, flow)]?.kind].some(
        (kind) => kind === 'trial' || kind === 'slow-start',
      ),
  };
}

/** Whether some flow of it looks bad to users, if only for a moment. */
export function isSuspected(stamp: string, suspicions: ShareMemory['suspicions']): boolean {
  return Object.entries(suspicions).some(
    ([key, { errorsSince, slowWindows }]) =>
      key.startsWith(toPairKey(stamp, '')) && (errorsSince !== null || slowWindows > 0),
  );
}

function isFailingProbes({ probes }: StampEvidence, now: number): boolean {
  return probes.some(({ ok, streak, at }) => !ok && streak >= 2 && isFresh(at, now));
}
