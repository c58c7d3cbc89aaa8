import { sizeOf } from '../shares/compare-samples.ts';
import type { GateCell } from './gate-cells.ts';
import type { GateMemory } from './gate-memory.ts';
import type { GateFlow, GateRules } from './gate-rules.ts';
import { seenMin } from './judge-gate.ts';

/** What users send is known this late. */
const dueMsMax = 10_000;

/**
 * The flows that we have to ask ourselves, because what users send will not do by the end of the bake: first those of which too few
 * were seen, then all, until there are enough.
 */
export function listWanted(
  { counts, synthetic }: Pick<GateMemory, 'counts' | 'synthetic'>,
  rules: GateRules,
  { now, bakeMs }: { now: number; bakeMs: number },
): GateFlow[] {
  const elapsedMs = now - counts.since;
  if (elapsedMs < Math.min(dueMsMax, bakeMs / 2)) return [];
  /** Of users by the end of the bake, if they go on like this. */
  const growth = Math.max(1, bakeMs / Math.max(1, elapsedMs));
  const count = (flow?: string) =>
    countCandidate(counts.cells, flow) * growth + countCandidate(synthetic, flow);
  const askable = rules.flows.filter(({ probePath }) => probePath !== null);
  const unseen = askable.filter(({ name, isRequired }) => isRequired && count(name) < seenMin);
  if (unseen.length > 0) return unseen;
  return count() < rules.requestsMin ? askable : [];
}

function countCandidate(cells: readonly GateCell[], flow?: string): number {
  return cells
    .filter((cell) => cell.side === 'candidate' && (flow === undefined || cell.flow === flow))
    .reduce((sum, cell) => sum + sizeOf(cell), 0);
}
