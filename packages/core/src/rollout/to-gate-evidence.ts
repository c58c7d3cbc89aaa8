import type { GateEvidence, GateSignal, GateUnit, UnreadyStamp } from './gate-evidence.ts';
import type { GateFacts, SeenUnit } from './gate-facts.ts';
import type { GateMemory } from './gate-memory.ts';
import type { GateSignalRule } from './gate-rules.ts';
import { sumTallies } from './gate-tally.ts';

export interface EvidenceContext {
  /** The candidate's digest. */
  release: string;
  signals: readonly GateSignalRule[];
  /** Regions with traffic for the candidate whose gateway lives. */
  regions: readonly string[];
}

/** An observer that told nothing for so long: what happens there is not known. */
const unseenMs = 20_000;

/** What a step is judged from: what was kept, and what is known now. */
export function toGateEvidence(
  memory: GateMemory,
  facts: GateFacts,
  { release, signals, regions }: EvidenceContext,
): GateEvidence {
  const { counts, before, synthetic, queues } = memory;
  return {
    release,
    counts,
    before,
    synthetic,
    units: facts.units.map((unit) => toUnit(unit, memory)),
    queues: Object.entries(queues).map(([region, queue]) => ({ region, ...queue })),
    cause: facts.cause,
    signals: signals.flatMap((rule) => toSignal(rule, memory, facts)),
    unready: toUnready(memory, facts),
    unseen: regions.filter((region) => {
      const seenTo = counts.observers[region]?.seenTo ?? counts.since;
      return facts.now - seenTo > unseenMs;
    }),
  };
}

function toUnit(unit: SeenUnit, { restarts, peaks }: GateMemory): GateUnit {
  const { id, component, stamp, zone, side, isReady, memoryBytes } = unit;
  return {
    component,
    stamp,
    zone,
    side,
    restarts: unit.restarts - (restarts[id] ?? unit.restarts),
    isReady,
    // What is idle now was not when it had the traffic: only the most that it held can be compared with.
    memoryBytes: side === 'live' ? (peaks[id] ?? memoryBytes) : memoryBytes,
  };
}

/** Only when every stamp that can be reached was read: half of the stamps have half of the count. */
function toSignal(rule: GateSignalRule, memory: GateMemory, { stamps }: GateFacts): GateSignal[] {
  const { tallies, signalsBefore } = memory;
  const reachable = stamps.filter(({ isReachable }) => isReachable);
  if (!reachable.every(({ id }) => tallies[`${rule.name} ${id}`] !== undefined)) return [];
  const candidate = sumTallies(tallies, 'candidate')[rule.name];
  if (candidate === undefined) return [];
  const live = sumTallies(tallies, 'live')[rule.name] ?? { count: 0, requests: null };
  return [{ name: rule.name, candidate, live, before: signalsBefore[rule.name] ?? null }];
}

function toUnready({ unreadySince }: GateMemory, { stamps, now }: GateFacts): UnreadyStamp[] {
  return stamps.flatMap(({ id, zone }) => {
    const since = unreadySince[id];
    if (since === undefined) return [];
    const isZoneWell = stamps.some((other) => other.side === 'live' && other.zone === zone && other.isReady);
    return [{ stamp: id, forMs: now - since, isZoneWell }];
  });
}
