import { detoursMax } from '@alwayson/protocol/routes.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { FillGateway } from './fill-lanes.ts';
import { fillShares } from './fill-shares.ts';
import { findShareFindings } from './find-share-findings.ts';
import { decideFlowStandings, type FlowFaults } from './judge-flows.ts';
import { type JudgedStamp, judgeStamps, keepStamps } from './judge-stamps.ts';
import { isSuspected, observeStamps } from './observe-stamps.ts';
import { planDemand } from './plan-demand.ts';
import { planShedding } from './plan-shedding.ts';
import {
  findDetouredFlows,
  findOverburdened,
  type FlowInput,
  routeFlow,
  toReleaseInput,
} from './route-flows.ts';
import { toFillStamp, toTargetRouting } from './route-pool.ts';
import { type IsGood, settleRouting } from './settle-routing.ts';
import type { ShareEvidence } from './share-evidence.ts';
import { toPairKey } from './pair-key.ts';
import type { CommittedRouting, ShareMemory } from './share-memory.ts';
import { findOnlyFlows } from './only-flows.ts';
import { type PooledStamp, type RoutedPool, toSharesReport } from './to-shares-report.ts';

/**
 * The gateway decision over the whole pool (health.md 3.4): class, attribution, water-filling, readmission, flow by flow where they
 * differ, and only then weights, which change when it matters. Call it once per round of evidence (1 to 2 s); `now` in ms.
 */
export function decideShares(
  memory: ShareMemory,
  evidence: ShareEvidence,
  now: number,
): { memory: ShareMemory; decision: SharesReport } {
  const { inputs, faults, suspicions } = observeStamps(memory, evidence, now);
  const isBlind = inputs.every(({ reading }) => !reading.isReached);
  const stamps = (isBlind ? keepStamps : judgeStamps)(inputs, memory.stamps, now);
  const flows = evidence.flows.map(({ name }) => name);
  const flowStandings = isBlind ? memory.flowStandings : decideFlowStandings(stamps, flows, { faults, now });
  const elapsedMs = memory.demandAt === null ? null : Math.max(0, now - memory.demandAt);
  const demand = planDemand(memory.demand, evidence.demand, elapsedMs);
  const routed = route({ ...memory, flowStandings, demand }, { evidence, stamps, isBlind, now });
  const next: ShareMemory = {
    stamps: Object.fromEntries(stamps.map((stamp) => [stamp.evidence.id, stamp.memory])),
    flowStandings,
    suspicions,
    demand,
    demandAt: now,
    degradedHalved: routed.whole.isHalved,
    routing: routed.routing,
    shedding: routed.refusing.memory,
  };
  const findings = stamps.flatMap((stamp) => findFindings(stamp, faults, suspicions));
  return {
    memory: next,
    decision: toSharesReport({ ...routed, findings, planned: demand.planned, isBlind, now }),
  };
}

interface Round {
  evidence: ShareEvidence;
  stamps: readonly JudgedStamp[];
  isBlind: boolean;
  now: number;
}

/** From judged stamps to weights in force. */
function route(memory: ShareMemory, { evidence, stamps, isBlind, now }: Round): RoutedPool {
  const { rollout } = evidence;
  const standings = memory.flowStandings;
  const context = { candidate: rollout?.candidate ?? null, now };
  const draft = stamps.map((judged) => ({ judged, fill: toFillStamp(judged, context) }));
  const only = findOnlyFlows({ onlyIn: evidence.onlyIn, rollout, stamps: draft });
  const differing = findDetouredFlows({ flows: evidence.flows, stamps: draft, standings });
  const flows = differing.filter((flow) => !only.has(flow));
  const overburdened = findOverburdened(flows, standings);
  const pool = draft.map(({ judged, fill }): PooledStamp => {
    const isTooMuch = fill.tier === 'good' && overburdened.has(fill.id);
    const seen = { ...judged.seen, isIdle: fill.isCandidate && isIdle(fill.id, memory.routing) };
    return { judged: { ...judged, seen }, fill: isTooMuch ? { ...fill, tier: 'reserve' } : fill };
  });
  const fills = pool.map(({ fill }) => fill);
  const { planned } = memory.demand;
  const asked = toGateways(evidence, planned, null);
  const shedding = { flows: evidence.flows, planned, asked, pool, isBlind, now };
  const refusing = planShedding(memory.shedding, shedding);
  const demandOf = (flow: string | null) => toGateways(evidence, refusing.admitted, flow);
  const gateways = demandOf(null);
  const fillFor = (demand: readonly FillGateway[]) =>
    fillShares(fills, demand, { wasHalved: memory.degradedHalved });
  const whole = fillFor(gateways);
  const input: FlowInput = { flows: evidence.flows, stamps: pool, whole, standings, demandOf, now };
  const detours = [
    ...[...only].map(([flow, release]) => routeFlow(flow, toReleaseInput(input, release))),
    ...flows.slice(0, detoursMax).map((flow) => routeFlow(flow, input)),
  ];
  const isGood: IsGood = (id, flow) =>
    fills.some((fill) => fill.id === id && fill.tier === 'good') &&
    (flow === null || standings[toPairKey(id, flow)]?.kind !== 'out');
  const target = { ...toTargetRouting(whole, fills), detours, rollout, stamps: fills };
  const routing = settleRouting(memory.routing, target, { isGood, now });
  const { shed } = fillFor(asked);
  return { pool, whole, gateways, detours, routing, refusing: { ...refusing, asked, shed } };
}

/** Nobody sends it anything. */
function isIdle(id: string, routing: CommittedRouting | null): boolean {
  if (routing === null) return false;
  const rows = [routing.weights, ...[...routing.pools, ...routing.detours].map(({ weights }) => weights)];
  return rows.every((weights) => (weights[id] ?? 0) === 0);
}

function toGateways(
  { stamps, rollout }: ShareEvidence,
  demand: Readonly<Record<string, number>>,
  flow: string | null,
): FillGateway[] {
  const regions = [...new Set(stamps.map(({ region }) => region))];
  const entries = Object.entries(demand).map(([key, value]) => ({ key: key.split(' '), value }));
  return regions.map((region) => {
    const own = entries.filter(({ key }) => key[0] === region && (flow === null || key[1] === flow));
    const part = rollout === null ? null : (rollout.parts[region] ?? 0);
    return { region, part, demand: own.reduce((sum, { value }) => sum + value, 0) };
  });
}

function findFindings(stamp: JudgedStamp, { outliers }: FlowFaults, suspicions: ShareMemory['suspicions']) {
  const { id } = stamp.evidence;
  const seen = outliers.filter((outlier) => outlier.stamp === id);
  return findShareFindings({ stamp, outliers: seen, isSuspect: isSuspected(id, suspicions) });
}
