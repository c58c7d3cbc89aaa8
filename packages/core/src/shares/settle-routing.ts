import type { RouteRollout } from '@alwayson/protocol/routes.ts';
import type { ShareWeights } from '@alwayson/protocol/shares.ts';
import { isSameRollout } from '../routes/is-parts-in-force.ts';
import { type MixedStamp, mixWeights } from './mix-weights.ts';
import type { Fractions, TargetRouting } from './route-pool.ts';
import type { CommittedRouting } from './share-memory.ts';

export interface RoutingTarget extends TargetRouting {
  detours: { flow: string; weights: Fractions }[];
  rollout: RouteRollout | null;
  stamps: readonly MixedStamp[];
}

/** Whether a stamp is to be used, for one flow or (null) as a whole. */
export type IsGood = (stamp: string, flow: string | null) => boolean;

/** Between two changes that nobody is waiting for. */
const changeEveryMs = 10_000;
const weightMax = 256;
const step = 0.05;
/** A weight in force stays until the wish is further away than this: values at a boundary do not flap. */
const deadBand = 0.06;
/** What a small but wanted part gets: a trial, or a little overflow. */
const smallest = 0.02;

/**
 * From what is wanted to what is in force. Weights move in steps of 5 % and not more often than every 10 s, except away from
 * stamps that must not be used, or to those that can and need no trial, as the first ones of all: that is done at once, for who serves
 * alone takes the requests with it that wait for it when it dies. So is what a rollout asks for.
 */
export function settleRouting(
  before: CommittedRouting | null,
  target: RoutingTarget,
  { isGood, now }: { isGood: IsGood; now: number },
): CommittedRouting {
  const isNewSplit = !isSameRollout(before?.rollout, target.rollout);
  const toWeights = createToWeights(target, isNewSplit);
  const next: Content = {
    weights: toWeights(target.weights, before?.weights),
    pools: target.pools.map(({ gateway, weights }) => {
      const last = before?.pools.find((pool) => pool.gateway === gateway);
      return { gateway, weights: toWeights(weights, last?.weights, 'together') };
    }),
    detours: target.detours.map(({ flow, weights }) => {
      const last = before?.detours.find((detour) => detour.flow === flow);
      return { flow, weights: toWeights(weights, last?.weights) };
    }),
    ...(target.rollout === null ? {} : { rollout: target.rollout }),
  };
  if (before === null) return { ...next, at: now, generation: 1 };
  const { at, generation, ...last } = before;
  if (!isNewSplit && isSame(last, next)) return before;
  if (!isNewSplit && now - at < changeEveryMs && !isUrgent(last, next, isGood)) return before;
  return { ...next, at: now, generation: generation + 1 };
}

type Content = Omit<CommittedRouting, 'at' | 'generation'>;

/** Key order is an accident of the evidence. */
function isSame(last: Content, next: Content): boolean {
  const left = rowsOf(last);
  const right = rowsOf(next);
  return (
    left.size === right.size &&
    [...right].every(([name, { weights }]) => {
      const other = left.get(name)?.weights;
      const ids = new Set([...Object.keys(other ?? {}), ...Object.keys(weights)]);
      return other !== undefined && [...ids].every((id) => other[id] === weights[id]);
    })
  );
}

function isUrgent(last: Content, next: Content, isGood: IsGood): boolean {
  if (Object.keys(last.weights).some((id) => next.weights[id] === undefined)) return true;
  const joinsWhole = ([id, weight]: [string, number]) =>
    weight > smallest * weightMax && (last.weights[id] ?? 0) === 0 && isGood(id, null);
  if (Object.entries(next.weights).some(joinsWhole)) return true;
  const left = rowsOf(last);
  const right = rowsOf(next);
  // A flow has a detour because something is bad for it.
  if (next.detours.some(({ flow }) => !left.has(toFlowRow(flow)))) return true;
  return [...left].some(([name, { weights: was, flow }]) => {
    const weights = right.get(name)?.weights ?? {};
    const used = (row: ShareWeights) => Object.keys(row).filter((id) => (row[id] ?? 0) > 0);
    const isUsedBadly = used(was).some((id) => (weights[id] ?? 0) === 0 && !isGood(id, flow));
    const usesGood = (row: ShareWeights) => used(row).some((id) => isGood(id, flow));
    return isUsedBadly || (usesGood(weights) && !usesGood(was));
  });
}

interface Row {
  flow: string | null;
  weights: ShareWeights;
}

const toFlowRow = (flow: string) => `flow ${flow}`;

function rowsOf({ weights, pools, detours }: Content): Map<string, Row> {
  return new Map<string, Row>([
    ['whole', { flow: null, weights }],
    ...pools.map((pool): [string, Row] => [`pool ${pool.gateway}`, { flow: null, weights: pool.weights }]),
    ...detours.map((detour): [string, Row] => [toFlowRow(detour.flow), detour]),
  ]);
}

/** With stamps of two releases the parts are exact; weights of different regions are compared in pools only. */
function createToWeights({ stamps, rollout }: RoutingTarget, isNewSplit: boolean) {
  const byRegion = [...Map.groupBy(stamps, ({ region }) => region).values()];
  return (fractions: Fractions, before: ShareWeights = {}, compared: 'regions' | 'together' = 'regions') => {
    if (rollout === null) {
      const weights = Object.entries(fractions).map(([id, wish]) => [id, toWeight(wish, before[id] ?? 0)]);
      return Object.fromEntries(weights) as ShareWeights;
    }
    const cells = compared === 'together' ? [stamps] : byRegion;
    const mixed = cells.map((cell) => mixWeights(fractions, { stamps: cell, before, isNewSplit }, toWeight));
    return Object.assign({}, ...mixed) as ShareWeights;
  };
}

function toWeight(wish: number, before: number): number {
  if (wish === 0) return 0;
  const isClose = before > 0 && Math.abs(wish - before / weightMax) < deadBand;
  // The largest of a row stands for the whole, and a trial that is over must not stay one.
  if (isClose && wish < 0.99 && wish < step / 2 === before / weightMax < step / 2) return before;
  const part = wish < step / 2 ? smallest : Math.round(wish / step) * step;
  return Math.round(part * weightMax);
}
