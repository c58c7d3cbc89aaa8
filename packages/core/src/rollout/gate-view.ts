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
  /** Null when the live release has too few to compare with. */
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

/** Fewer than these are no measure for anybody. Of our own we send few, and as many to both. */
const referenceMin = { users: 20, ours: 5 } as const;
/** With fewer for each of the candidate's, requests of the step before count too. */
const referencePartMin = 0.1;

/** What users got. Flows that nobody used are left out. */
export function viewUsers({ counts, before }: GateEvidence, rules: GateRules): FlowView[] {
  return viewFlows(rules, { cells: counts.cells, before, least: referenceMin.users });
}

/** What we got when we asked ourselves. */
export function viewSynthetic({ synthetic }: GateEvidence, rules: GateRules): FlowView[] {
  return viewFlows(rules, { cells: synthetic, before: [], least: referenceMin.ours });
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

interface Counted {
  cells: readonly GateCell[];
  before: readonly GateCell[];
  least: number;
}

function viewFlows({ flows }: GateRules, counted: Counted): FlowView[] {
  return flows.flatMap((flow) => {
    const strata = counted.cells
      .filter((cell) => cell.flow === flow.name && cell.side === 'candidate' && sizeOf(cell) > 0)
      .map((own) => ({ region: own.region, own, other: findReference(own, counted) }));
    return strata.length === 0 ? [] : [{ flow, strata }];
  });
}

function findReference(own: GateCell, { cells, before, least }: Counted): Reference | null {
  const isLive = (cell: GateCell) =>
    cell.side === 'live' && cell.region === own.region && cell.flow === own.flow;
  const now = cells.find(isLive);
  const enough = Math.max(least, sizeOf(own) * referencePartMin);
  if (now !== undefined && sizeOf(now) >= enough) return { ...now, isEarlier: false };
  const earlier = before.find(isLive);
  const sum = earlier === undefined || now === undefined ? (now ?? earlier) : addEarlier(now, earlier);
  if (sum === undefined || sizeOf(sum) < least) return null;
  return { ...sum, isEarlier: earlier !== undefined };
}

function addEarlier(now: GateCell, earlier: GateCell): Omit<Reference, 'isEarlier'> {
  return {
    good: now.good + earlier.good,
    bad: now.bad + earlier.bad,
    latency: addUp(now.latency, earlier.latency),
    sumsMs: addUp(now.sumsMs, earlier.sumsMs),
  };
}
