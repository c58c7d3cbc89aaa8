import { toOrdinal } from './to-ordinal.ts';

/** How many stamps a zone may have, and when their number changes: a manifest's `scale`. */
export interface ScalePolicy {
  min: number;
  max: number;
  addAbove: number;
  removeBelow: number;
}

export interface ScaleZone {
  zone: string;
  /** Stamps of the live release that it is to have. */
  count: number;
  /** What people have asked for last: fewer are not taken by themselves. 0 without such a word. */
  floor: number;
}

export interface ScaleRegion {
  region: string;
  zones: readonly ScaleZone[];
  /** Requests per second that its stamps are asked for, as the share decision plans with them. Null while nobody can tell. */
  demand: number | null;
  /** Requests per second that one stamp carries. */
  capacity: number;
  /** Why nothing may change here now, in words; null when it may. */
  hold: string | null;
}

/** By region: since when its demand has been above or below, ms. Plain JSON. */
export type ScaleMemory = Readonly<Record<string, { highSince: number | null; lowSince: number | null }>>;

export interface ScaleStep {
  region: string;
  zone: string;
  from: number;
  to: number;
  /** The arithmetic, in a sentence. */
  reason: string;
}

/** More is needed when it has lasted so long; at once above `atOnceAbove`. */
const highForMs = 30_000;
const atOnceAbove = 0.9;
/** Less is needed when it has lasted so long, and when what remains is then well below the point at which one is added. */
const lowForMs = 600_000;
const remainsBelow = 0.8;

/**
 * Whether the number of stamps changes: at most one step in each region at a time, over its zones evenly. Call it once a second. A region
 * on hold begins to watch anew afterwards.
 */
export function decideScale(
  memory: ScaleMemory,
  { regions, policy }: { regions: readonly ScaleRegion[]; policy: ScalePolicy },
  now: number,
): { memory: ScaleMemory; steps: ScaleStep[] } {
  const decided = regions.map((region) => {
    const watched = watch(memory[region.region], { region, policy }, now);
    const step = region.hold === null ? decideStep(watched, { region, policy }, now) : null;
    // After a step it is watched anew.
    return { region: region.region, watched: step === null ? watched : unwatched, step };
  });
  return {
    memory: Object.fromEntries(decided.map(({ region, watched }) => [region, watched])),
    steps: decided.flatMap(({ step }) => step ?? []),
  };
}

type Watched = ScaleMemory[string];
const unwatched: Watched = { highSince: null, lowSince: null };

interface Situation {
  region: ScaleRegion;
  policy: ScalePolicy;
}

function watch(before: Watched = unwatched, { region, policy }: Situation, now: number): Watched {
  if (region.hold !== null || region.demand === null) return unwatched;
  const load = region.demand / (countOf(region) * region.capacity);
  return {
    highSince: load > policy.addAbove ? (before.highSince ?? now) : null,
    lowSince: load < policy.removeBelow ? (before.lowSince ?? now) : null,
  };
}

function decideStep(watched: Watched, situation: Situation, now: number): ScaleStep | null {
  const { region, policy } = situation;
  const few = region.zones.find(({ count }) => count < policy.min);
  if (few !== undefined)
    return toStep(region, few, { to: few.count + 1, why: `a zone has ${policy.min} stamps at the least` });
  const many = region.zones.findLast(({ count }) => count > policy.max);
  if (many !== undefined)
    return toStep(region, many, { to: many.count - 1, why: `a zone has ${policy.max} stamps at the most` });
  return decideMore(watched, situation, now) ?? decideFewer(watched, situation, now);
}

function decideMore({ highSince }: Watched, { region, policy }: Situation, now: number): ScaleStep | null {
  const { demand, capacity, zones } = region;
  const count = countOf(region);
  const urgent = Math.max(atOnceAbove, policy.addAbove);
  const isUrgent = demand !== null && demand > urgent * count * capacity;
  if (demand === null || highSince === null || (!isUrgent && now - highSince < highForMs)) return null;
  const least = pick(
    zones.filter((zone) => zone.count < policy.max),
    (one, other) => one.count < other.count,
  );
  if (least === undefined) return null;
  const limit = isUrgent ? `above ${percent(urgent)}` : `above ${percent(policy.addAbove)} for 30 s`;
  return toStep(region, least, { to: least.count + 1, why: `${sayLoad(demand, count, capacity)}, ${limit}` });
}

function decideFewer({ lowSince }: Watched, { region, policy }: Situation, now: number): ScaleStep | null {
  const { demand, capacity, zones } = region;
  const count = countOf(region);
  if (demand === null || lowSince === null || now - lowSince < lowForMs) return null;
  const limit = remainsBelow * policy.addAbove;
  if (demand >= limit * (count - 1) * capacity) return null;
  const most = pick(
    zones.filter((zone) => zone.count > Math.max(policy.min, zone.floor)),
    (one, other) => one.count >= other.count,
  );
  if (most === undefined) return null;
  const remaining = `${percent(demand / ((count - 1) * capacity))} of what the others carry, below ${percent(limit)}`;
  const low = `below ${percent(policy.removeBelow)} for 10 min, and ${remaining}`;
  return toStep(region, most, { to: most.count - 1, why: `${sayLoad(demand, count, capacity)}, ${low}` });
}

function countOf({ zones }: ScaleRegion): number {
  return zones.reduce((sum, { count }) => sum + count, 0);
}

/** The first that no later one is better than. */
function pick(
  zones: readonly ScaleZone[],
  isBetter: (one: ScaleZone, other: ScaleZone) => boolean,
): ScaleZone | undefined {
  return zones.reduce<ScaleZone | undefined>(
    (best, zone) => (best === undefined || isBetter(zone, best) ? zone : best),
    undefined,
  );
}

interface Wanted {
  to: number;
  why: string;
}

function toStep({ region }: ScaleRegion, { zone, count }: ScaleZone, { to, why }: Wanted): ScaleStep {
  const what =
    to > count ? `${zone} gets a ${toOrdinal(to)} stamp` : `the ${toOrdinal(count)} stamp of ${zone} goes`;
  return { region, zone, from: count, to, reason: `${what}: ${why}.` };
}

function sayLoad(demand: number, count: number, capacity: number): string {
  const carried = count * capacity;
  return `${rate(demand)} requests/s are ${percent(demand / carried)} of the ${rate(carried)} that ${count} stamps of the region carry`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function rate(requestsPerSecond: number): string {
  return String(Math.round(requestsPerSecond * 10) / 10);
}
