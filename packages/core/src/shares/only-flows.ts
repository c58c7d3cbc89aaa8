import { onlyInMax, type RouteRollout } from '@alwayson/protocol/routes.ts';
import type { FillStamp } from './fill-lanes.ts';
import type { OnlyIn } from './share-evidence.ts';

export interface OnlyFlowsInput {
  onlyIn: readonly OnlyIn[];
  rollout: RouteRollout | null;
  stamps: readonly { fill: FillStamp; judged: { evidence: { release: string } } }[];
}

/**
 * Flow -> the one release that declares it: it goes to good stamps of that release, in other regions too, before it goes to a stamp
 * that does not know it. Nothing goes to a candidate before its first step.
 */
export function findOnlyFlows({ onlyIn, rollout, stamps }: OnlyFlowsInput): Map<string, string> {
  const good = new Set(
    stamps.flatMap(({ fill, judged }) => (fill.tier === 'good' ? [judged.evidence.release] : [])),
  );
  const isClosed = rollout !== null && Object.values(rollout.parts).every((part) => part === 0);
  const routed = onlyIn.filter(
    ({ release }) => good.has(release) && !(isClosed && release === rollout.candidate),
  );
  const sorted = routed.toSorted((a, b) => (a.flow < b.flow ? -1 : 1)).slice(0, onlyInMax);
  return new Map(sorted.map(({ flow, release }) => [flow, release]));
}
