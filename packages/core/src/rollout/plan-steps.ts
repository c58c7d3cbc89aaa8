import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { RolloutPlan, TrafficStep } from '@alwayson/protocol/releases.ts';
import type { BudgetStage } from '@alwayson/protocol/slo.ts';
import { demandHeadroom } from '../switches/can-carry.ts';

/** A budget that runs low is spent more slowly. */
const carefulFactor = 2;
/** Beside the bakes: stamps start, get warm, are tried; gateways read; old stamps drain. Measured with the catalog. */
const workSeconds = { place: 12, warm: 6, smoke: 4, step: 3, settle: 4, drain: 8 };

type Program = Manifest['release'];

/** The steps of a program, region by region or all at once. A rollback is one step. */
export function toTrafficSteps(
  { trafficSteps, bakeSeconds, order }: Program,
  regions: readonly string[],
  { kind, budget }: { kind: 'deploy' | 'rollback'; budget: BudgetStage },
): TrafficStep[] {
  const isCareful = kind === 'deploy' && (budget === 'careful' || budget === 'reliability-only');
  const bake = bakeSeconds * (isCareful ? carefulFactor : 1);
  const parts = (kind === 'rollback' ? [100] : trafficSteps).map((step) => step / 100);
  const toStep = (part: (region: string) => number): TrafficStep => {
    return { parts: Object.fromEntries(regions.map((region) => [region, part(region)])), bakeSeconds: bake };
  };
  if (order === 'together' || kind === 'rollback') return parts.map((part) => toStep(() => part));
  return regions.flatMap((region, turn) =>
    parts.map((part) => toStep((name) => (name === region ? part : regions.indexOf(name) < turn ? 1 : 0))),
  );
}

export function toExpectedSeconds(steps: readonly TrafficStep[]): number {
  const { place, warm, smoke, step, settle, drain } = workSeconds;
  const bakes = steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds + step, 0);
  return Math.round(place + warm + smoke + bakes + settle + drain);
}

export interface RegionLoad {
  region: string;
  /** Requests per second that its gateway was asked for lately. */
  demand: number;
  /** Requests per second that its stamps of the new release can carry: those that serve, or those that are planned. */
  candidate: number;
}

/**
 * Whether the stamps that take the traffic of a step can carry it, region by region; what one lacks another may have to spare. Before
 * each step, as before the first.
 */
export function findStepCapacity(
  steps: readonly TrafficStep[],
  loads: readonly RegionLoad[],
): RolloutPlan['capacity'] {
  return steps.flatMap(({ parts }, step) => {
    const rows = loads.map(({ region, demand, candidate }) => ({
      step,
      region,
      capacity: candidate,
      demand: demand * (parts[region] ?? 0) * demandHeadroom,
    }));
    const spare = rows.reduce((sum, { capacity, demand }) => sum + Math.max(0, capacity - demand), 0);
    const lacks = rows.reduce((sum, { capacity, demand }) => sum + Math.max(0, demand - capacity), 0);
    return rows.map((row) => ({ ...row, enough: row.capacity >= row.demand || lacks <= spare }));
  });
}
