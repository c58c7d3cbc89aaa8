import { sizeOf } from '../shares/compare-samples.ts';
import { addUp, type GateCell, type GateRequests } from './gate-cells.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { GateFlow, GateRules } from './gate-rules.ts';

/** One flow's requests of the candidate, each region's beside what they are compared with. */
export interface FlowView {
  flow: GateFlow;
  strata: readonly ViewStratum[];
}

export interface ViewStratum {
  region: string;
  own: GateCell;
  /** Null when the live release has none to compare with. */
  other: Reference | null;
}

export interface Reference extends Pick<GateRequests, 'good' | 'bad' | 'latency' | 'sumsMs'> {
  /** It is not only of this step: what went wrong for everybody since is not in it. */
  isEarlier: boolean;
}

/** What is judged as one. */
export interface ViewGroup {
  /** What its text begins with. */
  where: string;
  strata: readonly ViewStratum[];
}

/** With fewer for each of the candidate's, requests of the step before count too. */
const referencePartMin = 0.1;

/** What users got. Flows that nobody used are left out. */
export function viewUsers({ counts, before }: GateEvidence, rules: GateRules): FlowView[] {
  return viewFlows(rules, counts.cells, before);
}

/** What we got when we asked ourselves. */
export function viewSynthetic({ synthetic }: GateEvidence, rules: GateRules): FlowView[] {
  return viewFlows(rules, synthetic, []);
}

/** All regions, and each of several. */
export function toGroups(strata: readonly ViewStratum[]): ViewGroup[] {
  const regions = strata.length === 1 ? [] : strata;
  return [
    { where: '', strata },
    ...regions.map((stratum) => ({ where: `in ${stratum.region}: `, strata: [stratum] })),
  ];
}

export function countOwn(strata: readonly ViewStratum[]): number {
  return strata.reduce((sum, { own }) => sum + sizeOf(own), 0);
}

function viewFlows(
  { flows }: GateRules,
  cells: readonly GateCell[],
  before: readonly GateCell[],
): FlowView[] {
  return flows.flatMap((flow) => {
    const strata = cells
      .filter((cell) => cell.flow === flow.name && cell.side === 'candidate' && sizeOf(cell) > 0)
      .map((own) => ({ region: own.region, own, other: findReference(own, cells, before) }));
    return strata.length === 0 ? [] : [{ flow, strata }];
  });
}

function findReference(
  own: GateCell,
  cells: readonly GateCell[],
  before: readonly GateCell[],
): Reference | null {
  const isLive = (cell: GateCell) =>
    cell.side === 'live' && cell.region === own.region && cell.flow === own.flow && sizeOf(cell) > 0;
  const now = cells.find(isLive);
  if (now !== undefined && sizeOf(now) >= sizeOf(own) * referencePartMin) return { ...now, isEarlier: false };
  const earlier = before.find(isLive);
  if (earlier === undefined) return now === undefined ? null : { ...now, isEarlier: false };
  return { ...(now === undefined ? earlier : addEarlier(now, earlier)), isEarlier: true };
}

function addEarlier(now: GateCell, earlier: GateCell): Omit<Reference, 'isEarlier'> {
  return {
    good: now.good + earlier.good,
    bad: now.bad + earlier.bad,
    latency: addUp(now.latency, earlier.latency),
    sumsMs: addUp(now.sumsMs, earlier.sumsMs),
  };
}
