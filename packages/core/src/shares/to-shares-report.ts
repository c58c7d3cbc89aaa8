import type { ShareFinding, SharesReport, ShareStanding, SharesStamp } from '@alwayson/protocol/shares.ts';
import { attributeCause } from './attribute-cause.ts';
import type { FillGateway, FillStamp } from './fill-lanes.ts';
import type { Fill } from './fill-shares.ts';
import type { JudgedStamp } from './judge-stamps.ts';
import { toFactor } from './readmission.ts';
import type { FlowTarget } from './route-flows.ts';
import type { SheddingPlan } from './plan-shedding.ts';
import type { CommittedRouting } from './share-memory.ts';

export interface RoutedPool {
  pool: readonly PooledStamp[];
  /** Of what is not refused, as is `gateways`. */
  whole: Fill;
  gateways: readonly FillGateway[];
  refusing: SheddingPlan & { asked: readonly FillGateway[]; shed: number };
  detours: readonly FlowTarget[];
  routing: CommittedRouting;
}

export interface PooledStamp {
  judged: JudgedStamp;
  fill: FillStamp;
}

export interface ReportInput extends RoutedPool {
  findings: ShareFinding[];
  /** Requests per second by `gateway flow` that are asked for. */
  planned: Readonly<Record<string, number>>;
  isBlind: boolean;
  now: number;
}

export function toSharesReport(input: ReportInput): SharesReport {
  const { pool, whole, gateways, refusing, routing, now } = input;
  const admitted = sumDemand(gateways);
  return {
    at: toTime(now),
    generation: routing.generation,
    since: toTime(routing.at),
    blind: input.isBlind,
    demand: rounded(sumDemand(refusing.asked)),
    capacity: rounded(whole.capacity),
    cause: attributeCause(pool.map(({ judged }) => judged.seen)),
    overflow: rounded(whole.overflow + carriedTogether(pool, whole)),
    shed: rounded(refusing.shed),
    refused: toRefused(input),
    regions: toRegions(pool),
    stamps: pool.map((stamp) => toStamp(stamp, admitted, input)),
    pools: routing.pools,
    ...(routing.rollout === undefined ? {} : { rollout: routing.rollout }),
    detours: toDetours(input),
    findings: input.findings,
  };
}

function sumDemand(gateways: readonly FillGateway[]): number {
  return gateways.reduce((sum, { demand }) => sum + demand, 0);
}

function toRefused({ refusing: { refusals }, planned }: ReportInput): SharesReport['refused'] {
  return refusals.map((refusal) => {
    const asked = Object.entries(planned).filter(([key]) => key.endsWith(` ${refusal.flow}`));
    const requestsPerSecond = asked.reduce((sum, [, value]) => sum + value, 0) * refusal.part;
    return { ...refusal, requestsPerSecond: rounded(requestsPerSecond) };
  });
}

/** In a shared outage everybody serves as before, and all of it is carried by stamps that are bad. */
function carriedTogether(pool: readonly PooledStamp[], { amounts }: Fill): number {
  const bad = pool.filter(({ judged, fill }) => fill.tier === 'good' && judged.memory.class === 'soft');
  return bad.reduce((sum, { fill }) => sum + (amounts[fill.id] ?? 0), 0);
}

function toRegions(pool: readonly PooledStamp[]): SharesReport['regions'] {
  const fills = pool.map(({ fill }) => fill);
  const goodIn = new Set(fills.filter(({ tier }) => tier === 'good').map(({ region }) => region));
  return [...new Set(fills.map(({ region }) => region))].map((region) => {
    const own = pool.filter(({ fill, judged }) => fill.region === region && judged.memory.class !== 'off');
    return { region, evacuate: own.length > 0 && goodIn.size > 0 && !goodIn.has(region) };
  });
}

function toStamp(
  { judged, fill }: PooledStamp,
  demand: number,
  { whole, routing, now }: ReportInput,
): SharesStamp {
  const { evidence, memory } = judged;
  const share = (whole.amounts[fill.id] ?? 0) / whole.need;
  const reasons = [...new Set(memory.reasons.map(({ text }) => text))].join('; ');
  return {
    id: fill.id,
    region: fill.region,
    release: evidence.release,
    class: memory.class,
    since: toTime(memory.since),
    ...(reasons === '' ? {} : { reason: reasons }),
    share,
    weight: routing.weights[fill.id] ?? 0,
    capacity: rounded(fill.capacity),
    demand: rounded(share * demand),
    standing: toStanding(judged, now),
  };
}

function toStanding({ memory: { standing } }: JudgedStamp, now: number): ShareStanding {
  const { kind, since, until, strikes } = standing;
  return {
    kind,
    since: toTime(since),
    ...(until === null ? {} : { until: toTime(until) }),
    factor: toFactor(standing, now),
    strikes,
  };
}

/** The weights are those in force; a detour that is about to be taken back has no cause any more. */
function toDetours({ detours, routing }: ReportInput): SharesReport['detours'] {
  return routing.detours.map((detour) => {
    const target = detours.find(({ flow }) => flow === detour.flow);
    const cause = target?.cause ?? { kind: 'none', stamps: [], dependencies: [] };
    return { ...detour, cause, overflow: rounded(target?.overflow ?? 0) };
  });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
