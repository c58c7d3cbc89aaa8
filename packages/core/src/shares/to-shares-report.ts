import type { ShareFinding, SharesReport, ShareStanding, SharesStamp } from '@alwayson/protocol/shares.ts';
import { attributeCause } from './attribute-cause.ts';
import type { FillGateway, FillStamp } from './fill-lanes.ts';
import type { Fill } from './fill-shares.ts';
import type { JudgedStamp } from './judge-stamps.ts';
import { toFactor } from './readmission.ts';
import type { FlowTarget } from './route-flows.ts';
import type { CommittedRouting } from './share-memory.ts';

export interface RoutedPool {
  pool: readonly PooledStamp[];
  whole: Fill;
  gateways: readonly FillGateway[];
  detours: readonly FlowTarget[];
  routing: CommittedRouting;
}

export interface PooledStamp {
  judged: JudgedStamp;
  fill: FillStamp;
}

export interface ReportInput extends RoutedPool {
  findings: ShareFinding[];
  isBlind: boolean;
  now: number;
}

export function toSharesReport(input: ReportInput): SharesReport {
  const { pool, whole, gateways, routing, now } = input;
  const demand = gateways.reduce((sum, gateway) => sum + gateway.demand, 0);
  return {
    at: toTime(now),
    generation: routing.generation,
    since: toTime(routing.at),
    blind: input.isBlind,
    demand: rounded(demand),
    capacity: rounded(whole.capacity),
    cause: attributeCause(pool.map(({ judged }) => judged.seen)),
    overflow: rounded(whole.overflow + carriedTogether(pool, whole)),
    shed: rounded(whole.shed),
    regions: toRegions(pool),
    stamps: pool.map((stamp) => toStamp(stamp, demand, input)),
    pools: routing.pools,
    ...(routing.rollout === undefined ? {} : { rollout: routing.rollout }),
    detours: toDetours(input),
    findings: input.findings,
  };
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
