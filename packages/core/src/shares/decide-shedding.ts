import type { Criticality } from '@alwayson/protocol/words.ts';

/** Refusals, in tenths of a flow's requests: what is in force of one criticality, and since when less or more is called for. */
export interface ShedLevel {
  tenths: number;
  risingSince: number | null;
  fallingSince: number | null;
}

export type SheddingMemory = Readonly<Record<SheddableCriticality, ShedLevel>>;

/** Flows of high criticality are never refused. In the order in which the others are. */
const sheddable = ['low', 'medium'] as const satisfies readonly Criticality[];
type SheddableCriticality = (typeof sheddable)[number];

export interface SheddingFlow {
  name: string;
  criticality: Criticality;
  /** Requests per second that clients ask for, refused ones included. */
  demand: number;
}

export interface SheddingInput {
  flows: readonly SheddingFlow[];
  /** Everything that is asked for, also by requests of no flow. */
  demand: number;
  /** Requests per second of the stamps that serve, and of those that are bad and would get the rest. */
  capacity: { good: number; bad: number };
  /** Part of `demand` that is planned on top, before bad stamps are needed. */
  headroom: number;
  now: number;
}

export interface Refusal {
  flow: string;
  criticality: SheddableCriticality;
  /** Part of its requests, 0..1, in steps of 0.1. */
  part: number;
}

/** More is refused when it was called for all this time, less after much longer, and then little by little. */
const riseAfterMs = 3000;
const fallAfterMs = 15_000;
const fallEveryMs = 5000;
const fallTenths = 2;
/** Less is refused only when also so much less capacity would do with it: what hovers at a capacity must not flap. */
const capacityMargin = 0.05;
/** An excess this small is within what is known of capacity. */
const ignoredPart = 0.02;

const noLevel: ShedLevel = { tenths: 0, risingSince: null, fallingSince: null };
export const firstShedding: SheddingMemory = { low: noLevel, medium: noLevel };

/**
 * Who is refused, so that the others are served (health.md 3.4, rule 3): flows of low criticality before anything goes to bad stamps,
 * and when all stamps together lack capacity, these first and then medium ones. Without any stamp to ask nothing is
 * changed: refusing would help nobody.
 */
export function decideShedding(before: SheddingMemory, input: SheddingInput): SheddingMemory {
  if (input.capacity.good + input.capacity.bad <= 0) return before;
  const wanted = wantTenths(input, 1);
  const relaxed = wantTenths(input, 1 - capacityMargin);
  const settle = (criticality: SheddableCriticality) =>
    settleLevel(before[criticality], {
      wanted: wanted[criticality],
      relaxed: relaxed[criticality],
      now: input.now,
    });
  return { low: settle('low'), medium: settle('medium') };
}

/** What is refused now, the least critical first. */
export function listRefusals(
  memory: SheddingMemory,
  flows: readonly Pick<SheddingFlow, 'name' | 'criticality'>[],
): Refusal[] {
  return sheddable.flatMap((criticality) => {
    const part = memory[criticality].tenths / 10;
    const named = flows.filter((flow) => flow.criticality === criticality);
    return part > 0 ? named.map(({ name }) => ({ flow: name, criticality, part })) : [];
  });
}

/** Requests per second beyond what all stamps together can carry. */
export function findShortage({ demand, capacity }: Pick<SheddingInput, 'demand' | 'capacity'>): number {
  return Math.max(0, demand - capacity.good - capacity.bad);
}

function wantTenths(input: SheddingInput, part: number): Record<SheddableCriticality, number> {
  const { flows, demand, headroom } = input;
  const capacity = { good: input.capacity.good * part, bad: input.capacity.bad * part };
  const all = ignoreLittle(findShortage({ demand, capacity }), capacity.good + capacity.bad);
  // Without a good stamp everybody is served by bad ones, whoever is refused.
  const isMixed = capacity.good > 0 && capacity.bad > 0;
  const overflow = isMixed ? Math.max(0, demand - capacity.good / headroom) : 0;
  const demandOf = (criticality: Criticality) =>
    flows.reduce((sum, flow) => sum + (flow.criticality === criticality ? flow.demand : 0), 0);
  const low = demandOf('low');
  return {
    low: toTenths(Math.max(all, ignoreLittle(overflow, capacity.good)), low),
    medium: toTenths(Math.max(0, all - low), demandOf('medium')),
  };
}

function ignoreLittle(excess: number, capacity: number): number {
  return excess > capacity * ignoredPart ? excess : 0;
}

function toTenths(excess: number, demand: number): number {
  if (excess <= 0) return 0;
  return excess >= demand ? 10 : Math.ceil((excess / demand) * 10);
}

function settleLevel(
  { tenths, risingSince, fallingSince }: ShedLevel,
  { wanted, relaxed, now }: { wanted: number; relaxed: number; now: number },
): ShedLevel {
  if (wanted > tenths) {
    const since = risingSince ?? now;
    if (now - since < riseAfterMs) return { tenths, risingSince: since, fallingSince: null };
    return { tenths: wanted, risingSince: null, fallingSince: null };
  }
  if (relaxed >= tenths) return { tenths, risingSince: null, fallingSince: null };
  const since = fallingSince ?? now;
  if (now - since < fallAfterMs) return { tenths, risingSince: null, fallingSince: since };
  return {
    tenths: Math.max(relaxed, tenths - fallTenths),
    risingSince: null,
    fallingSince: now - fallAfterMs + fallEveryMs,
  };
}
