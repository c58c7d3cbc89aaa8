import type { ShareFinding } from '@alwayson/protocol/shares.ts';
import { rateOf, type Sample } from './compare-samples.ts';
import type { StampReading } from './classify-stamp.ts';
import type { Outlier } from './find-outliers.ts';
import type { StampEvidence } from './share-evidence.ts';
import type { StampMemory } from './share-memory.ts';

export interface FindingInput {
  stamp: { evidence: StampEvidence; reading: StampReading; memory: Pick<StampMemory, 'since'> };
  /** What users see of it. */
  outliers: readonly Outlier[];
  /** Some flow of it looks bad to users, if only for a moment. */
  isSuspect: boolean;
}

const countMin = 50;
const goodEnough = 0.01;

/** Where what a stamp says and what its users see do not agree: one of the two must be repaired. */
export function findShareFindings({ stamp, outliers, isSuspect }: FindingInput): ShareFinding[] {
  const { evidence, reading, memory } = stamp;
  const { contact, id, probes, traffic, verdict } = evidence;
  const isAccused = verdict?.state === 'unhealthy' || !reading.own.every(({ level }) => level === 'degraded');
  if (!isAccused && contact?.kind === 'answered') {
    return outliers.map(({ flow, text }) => {
      return { kind: 'model-blind-spot', stamp: id, flow, text: `It says it is well. ${text}` };
    });
  }
  const slices = traffic.flatMap((entry) => entry.slices.filter(({ from }) => from >= memory.since));
  const seen = slices.reduce<Sample>(
    (sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }),
    { good: 0, bad: 0 },
  );
  const isServing = seen.good + seen.bad >= countMin && rateOf(seen) <= goodEnough && !isSuspect;
  if (!isServing || !isAccused || probes.some(({ ok }) => !ok)) return [];
  const text = `${reading.own.map((reason) => reason.text).join('; ')}; its users see nothing of it`;
  return [{ kind: 'probe-lies', stamp: id, text }];
}
