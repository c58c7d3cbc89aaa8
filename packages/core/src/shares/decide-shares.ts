import { detoursMax } from '@alwayson/protocol/routes.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { type FillGateway, fillShares } from './fill-shares.ts';
import { findShareFindings } from './find-share-findings.ts';
import { decideFlowStandings, type FlowFaults } from './judge-flows.ts';
import { type JudgedStamp, judgeStamps, keepStamps } from './judge-stamps.ts';
import { isSuspected, observeStamps } from './observe-stamps.ts';
import { planDemand } from './plan-demand.ts';
import { findDetouredFlows, findOverburdened, type FlowInput, routeFlow } from './route-flows.ts';
import { toFillStamp, toTargetRouting } from './route-pool.ts';
import { type IsGood, settleRouting } from './settle-routing.ts';
import type { ShareEvidence } from './share-evidence.ts';
import { toPairKey } from './pair-key.ts';
import type { ShareMemory } from './share-memory.ts';
import { type RoutedPool, toSharesReport } from './to-shares-report.ts';

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
  const routed = route({ ...memory, flowStandings, demand }, { evidence, stamps, now });
  const next: ShareMemory = {
    stamps: Object.fromEntries(stamps.map((stamp) => [stamp.evidence.id, stamp.memory])),
    flowStandings,
    suspicions,
    demand,
    demandAt: now,
    degradedHalved: routed.whole.isHalved,
    routing: routed.routing,
  };
  const findings = stamps.flatMap((stamp) => findFindings(stamp, faults, suspicions));
  return { memory: next, decision: toSharesReport({ ...routed, findings, isBlind, now }) };
}

interface Round {
  evidence: ShareEvidence;
  stamps: readonly JudgedStamp[];
  now: number;
}

/** From judged stamps to weights in force. */
function route(memory: ShareMemory, { evidence, stamps, now }: Round): RoutedPool {
  const regions = [...new Set(evidence.stamps.map(({ region }) => region))];
  const standings = memory.flowStandings;
  const demandOf = (flow: string | null) => toGateways(regions, memory.demand.planned, flow);
  const draft = stamps.map((judged) => ({ judged, fill: toFillStamp(judged, now) }));
  const flows = findDetouredFlows({ flows: evidence.flows, stamps: draft, standings });
  const overburdened = findOverburdened(flows, standings);
  const pool = draft.map(({ judged, fill }) => {
    const isTooMuch = fill.tier === 'good' && overburdened.has(fill.id);
    return { judged, fill: isTooMuch ? { ...fill, tier: 'reserve' as const } : fill };
  });
  const fills = pool.map(({ fill }) => fill);
  const gateways = demandOf(null);
  const whole = fillShares(fills, gateways, { wasHalved: memory.degradedHalved });
  const input: FlowInput = { flows: evidence.flows, stamps: pool, whole, standings, demandOf, now };
  const detours = flows.slice(0, detoursMax).map((flow) => routeFlow(flow, input));
  const isGood: IsGood = (id, flow) =>
    fills.some((fill) => fill.id === id && fill.tier === 'good') &&
    (flow === null || standings[toPairKey(id, flow)]?.kind !== 'out');
  const target = { ...toTargetRouting(whole, fills), detours };
  return { pool, whole, gateways, detours, routing: settleRouting(memory.routing, target, { isGood, now }) };
}

function toGateways(
  regions: readonly string[],
  demand: Readonly<Record<string, number>>,
  flow: string | null,
): FillGateway[] {
  const entries = Object.entries(demand).map(([key, value]) => ({ key: key.split(' '), value }));
  return regions.map((region) => {
    const own = entries.filter(({ key }) => key[0] === region && (flow === null || key[1] === flow));
    return { region, demand: own.reduce((sum, { value }) => sum + value, 0) };
  });
}

function findFindings(stamp: JudgedStamp, { outliers }: FlowFaults, suspicions: ShareMemory['suspicions']) {
  const { id } = stamp.evidence;
  const seen = outliers.filter((outlier) => outlier.stamp === id);
  return findShareFindings({ stamp, outliers: seen, isSuspect: isSuspected(id, suspicions) });
}
