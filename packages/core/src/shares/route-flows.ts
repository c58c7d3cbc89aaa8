import { detoursMax } from '@alwayson/protocol/routes.ts';
import type { ShareCause } from '@alwayson/protocol/shares.ts';
import type { Criticality } from '@alwayson/protocol/words.ts';
import { attributeCause } from './attribute-cause.ts';
import type { FillGateway, FillStamp } from './fill-lanes.ts';
import { type Fill, fillShares } from './fill-shares.ts';
import type { JudgedStamp } from './judge-stamps.ts';
import { type Standing, toFactor } from './readmission.ts';
import { type Fractions, toSuccess, toTargetRouting } from './route-pool.ts';
import type { FlowRule } from './share-evidence.ts';
import { toPairKey } from './pair-key.ts';

export interface FlowTarget {
  flow: string;
  weights: Fractions;
  cause: ShareCause;
  overflow: number;
}

export interface FlowInput {
  flows: readonly FlowRule[];
  stamps: readonly { fill: FillStamp; judged: JudgedStamp }[];
  /** The fill of everything, of which a flow is a part. */
  whole: Fill;
  standings: Readonly<Record<string, Standing>>;
  demandOf(flow: string): FillGateway[];
  now: number;
}

const urgency: Record<Criticality, number> = { high: 0, medium: 1, low: 2 };

/** Flows for which some stamp is not what it is for the others, the most critical first. */
export function findDetouredFlows(input: Pick<FlowInput, 'flows' | 'stamps' | 'standings'>): string[] {
  const { stamps, standings } = input;
  const usable = stamps.filter(({ fill }) => fill.tier === 'good' || fill.tier === 'reserve');
  const flows = input.flows.filter(({ name }) =>
    usable.some(({ fill }) => (standings[toPairKey(fill.id, name)]?.kind ?? 'serving') !== 'serving'),
  );
  return flows
    .toSorted((a, b) => urgency[a.criticality] - urgency[b.criticality] || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** Stamps that are out for flows beyond the bound of detours: they are used for none of them. */
export function findOverburdened(flows: readonly string[], standings: FlowInput['standings']): Set<string> {
  const beyond = new Set(flows.slice(detoursMax));
  const pairs = Object.entries(standings).filter(([, { kind }]) => kind === 'out');
  return new Set(
    pairs
      .map(([key]) => key.split(' '))
      .flatMap(([stamp = '', flow = '']) => (beyond.has(flow) ? [stamp] : [])),
  );
}

/** The same decision for one flow, with the room that the others leave (health.md 3.4, rule 7). */
export function routeFlow(flow: string, input: FlowInput): FlowTarget {
  const { whole, standings, now } = input;
  const gateways = input.demandOf(flow);
  const demand = gateways.reduce((sum, gateway) => sum + gateway.demand, 0);
  const othersPart = Math.max(0, 1 - (demand * 1.1) / whole.need);
  const stamps = input.stamps.map(({ fill, judged }): FillStamp => {
    const standing = standings[toPairKey(fill.id, flow)];
    const kind = standing?.kind ?? 'serving';
    const isOut = kind === 'out' && fill.tier === 'good';
    const taken = (whole.amounts[fill.id] ?? 0) * othersPart;
    const traffic = judged.evidence.traffic.find((entry) => entry.flow === flow);
    return {
      ...fill,
      tier: isOut ? 'reserve' : fill.tier,
      capacity: Math.max(fill.capacity - taken, 0.01 * fill.capacity),
      factor: isOut || standing === undefined ? fill.factor : Math.min(fill.factor, toFactor(standing, now)),
      success: toSuccess(traffic?.slices ?? []),
    };
  });
  const fill = fillShares(stamps, gateways, { wasHalved: whole.isHalved });
  const cause = attributeCause(input.stamps.map(({ judged }) => withFlowReason(judged, flow, standings)));
  return { flow, cause, overflow: fill.overflow, weights: toFlowWeights(fill, stamps) };
}

/** For a flow that only one release declares: the stamps of the other do not count, and there is nothing to divide. */
export function toReleaseInput(input: FlowInput, release: string): FlowInput {
  return {
    ...input,
    stamps: input.stamps.map(({ fill, judged }) =>
      judged.evidence.release === release
        ? { judged, fill }
        : { judged, fill: { ...fill, tier: 'never' as const } },
    ),
    demandOf: (flow) => input.demandOf(flow).map((gateway) => ({ ...gateway, part: null })),
  };
}

/** A detour has no pools: the flow either stays in a region or leaves it, whichever carries more of it. */
function toFlowWeights(fill: Fill, stamps: readonly FillStamp[]): Fractions {
  const { weights, pools } = toTargetRouting(fill, stamps);
  const leaving = pools.map(({ gateway }) => gateway).filter((gateway) => isLeaving(fill, stamps, gateway));
  const stayed = stamps.map(
    ({ id, region }) => [id, leaving.includes(region) ? 0 : (weights[id] ?? 0)] as const,
  );
  // When every region would rather use another, nobody is better off elsewhere.
  return stayed.some(([, weight]) => weight > 0) ? Object.fromEntries(stayed) : weights;
}

function isLeaving({ rows }: Fill, stamps: readonly FillStamp[], gateway: string): boolean {
  const own = stamps.filter(({ region }) => region === gateway).map(({ id }) => id);
  const row = Object.entries(rows[gateway] ?? {});
  return row.reduce((sum, [id, amount]) => sum + (own.includes(id) ? amount : -amount), 0) < 0;
}

function withFlowReason({ seen }: JudgedStamp, flow: string, standings: FlowInput['standings']) {
  const standing = standings[toPairKey(seen.id, flow)];
  if (standing?.kind !== 'out') return seen;
  const reasons = standing.keys.map((key) => ({ level: 'soft' as const, key, text: flow }));
  return { ...seen, reasons: [...seen.reasons, ...reasons] };
}
