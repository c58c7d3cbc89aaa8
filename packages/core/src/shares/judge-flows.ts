import { countOf, type Outlier } from './find-outliers.ts';
import type { JudgedStamp } from './judge-stamps.ts';
import { decideStanding, forgiveAfterMs, type Standing } from './readmission.ts';
import type { StampEvidence } from './share-evidence.ts';
import { toPairKey } from './pair-key.ts';

export interface FlowFaults {
  outliers: readonly Outlier[];
  /** `stamp flow` pairs with enough requests to be judged. */
  judged: ReadonlySet<string>;
  standings: Readonly<Record<string, Standing>>;
}

/** Requests that a trial must have seen to be believed. */
export const provenCount = 10;

/**
 * Stamps that are bad for users in every flow that can be judged, and in two at least: then it is the stamp. Their texts, by stamp.
 */
export function findBadStamps(stamps: readonly string[], faults: FlowFaults): Map<string, string> {
  const found = new Map<string, string>();
  for (const stamp of stamps) {
    const now = faults.outliers.filter((outlier) => outlier.stamp === stamp);
    const out = Object.entries(faults.standings).filter(
      ([key, { kind }]) => key.startsWith(`${stamp} `) && kind === 'out',
    );
    const bad = new Set([...now.map(({ flow }) => toPairKey(stamp, flow)), ...out.map(([key]) => key)]);
    const judged = [...faults.judged].filter((key) => key.startsWith(`${stamp} `));
    const isNew = now.length > 0;
    if (!isNew || bad.size < 2 || judged.some((key) => !bad.has(key))) continue;
    found.set(stamp, now.map(({ text }) => text).join('; '));
  }
  return found;
}

/** Where every stamp stands for a single flow. No entry: as for all the others. */
export function decideFlowStandings(
  stamps: readonly JudgedStamp[],
  flows: readonly string[],
  { faults, now }: { faults: FlowFaults; now: number },
): Record<string, Standing> {
  const next: Record<string, Standing> = {};
  for (const { evidence, memory, badFlows, isNewLook } of stamps) {
    // A stamp that is out has nothing to prove for one flow; when it is back, all begins anew.
    if (memory.standing.kind === 'out' && memory.standing.keys.includes('traffic')) continue;
    for (const flow of flows) {
      const key = toPairKey(evidence.id, flow);
      const before = faults.standings[key];
      const keys = [
        ...faults.outliers
          .filter((one) => one.stamp === evidence.id && one.flow === flow)
          .map(() => 'traffic'),
        ...badFlows.filter((bad) => bad === flow).map(() => `flow:${flow}`),
      ];
      if (before === undefined && keys.length === 0) continue;
      const standing = decideStanding(
        before ?? serving(now),
        {
          evidence: keys.length > 0 ? 'bad' : 'good',
          keys,
          look: keys.length > 0 ? 'bad' : isNewLook ? 'good' : 'none',
          isProven: isProven(evidence, flow, before?.since ?? now),
          isFirst: false,
          isAwaited: false,
        },
        now,
      );
      const isForgiven = standing.kind === 'serving' && now - standing.since >= forgiveAfterMs;
      if (!isForgiven) next[key] = standing;
    }
  }
  return next;
}

function serving(now: number): Standing {
  return { kind: 'serving', since: now, until: null, good: 0, strikes: 0, keys: [] };
}

function isProven({ traffic }: StampEvidence, flow: string, since: number): boolean {
  const slices = traffic.find((entry) => entry.flow === flow)?.slices ?? [];
  return countOf(slices, since) >= provenCount;
}
