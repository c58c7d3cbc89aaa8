import { sizeOf } from '../shares/compare-samples.ts';
import { addToCells, type GateCell } from './gate-cells.ts';
import { addWindows, firstGateCounts, type GateCounts } from './gate-counts.ts';
import type { EarlierCount, QueueLook } from './gate-evidence.ts';
import type { GateFacts } from './gate-facts.ts';
import type { GateRules, GateSignalRule } from './gate-rules.ts';
import { countUsers } from './gate-signal.ts';
import { noteReadings, type SignalTally, sumTallies } from './gate-tally.ts';

/** Goes up when the form of what is kept changes. */
export const gateMemoryFormat = 3;

/** What is kept between two looks. Plain JSON: it survives the control plane. */
export interface GateMemory {
  format: typeof gateMemoryFormat;
  rollout: string;
  /** The parts in force: with others another step begins. */
  parts: string;
  counts: GateCounts;
  /** Of the live release in the last step in which it had enough requests to compare with. */
  before: readonly GateCell[];
  signalsBefore: Readonly<Record<string, EarlierCount>>;
  synthetic: readonly GateCell[];
  /** By signal and stamp. */
  tallies: Readonly<Record<string, SignalTally>>;
  queues: Readonly<Record<string, { before: QueueLook; looks: readonly QueueLook[] }>>;
  /** Restarts of each unit when the step began, or when it was first seen. */
  restarts: Readonly<Record<string, number>>;
  /** The most that each unit of the live release held. */
  peaks: Readonly<Record<string, number>>;
  /** By stamp of the candidate. */
  unreadySince: Readonly<Record<string, number>>;
  lookedAt: number;
  /** Since the step began: time in which nobody looked, which the rollout makes up for by itself. */
  awayMs: number;
}

/** Longer between two looks, and nobody looked. */
const awayMsMin = 5000;
const looksKept = 6;
/** The live release with fewer is no measure. */
const beforeMin = 20;

export function firstGateMemory(rollout: string, now: number): GateMemory {
  return {
    format: gateMemoryFormat,
    rollout,
    parts: '',
    counts: firstGateCounts(now),
    before: [],
    signalsBefore: {},
    synthetic: [],
    tallies: {},
    queues: {},
    restarts: {},
    peaks: {},
    unreadySince: {},
    lookedAt: now,
    awayMs: 0,
  };
}

/** Another step begins with other parts: what the live release had in the one that ends is kept to compare with. */
export function enterStep(
  memory: GateMemory,
  {
    parts,
    rules: { signals, warmUpMs },
    now,
  }: { parts: string; rules: Pick<GateRules, 'signals' | 'warmUpMs'>; now: number },
): GateMemory {
  if (memory.parts === parts) return memory;
  return {
    ...memory,
    parts,
    counts: firstGateCounts(now, warmUpMs),
    before: keepCells(memory),
    signalsBefore: { ...memory.signalsBefore, ...keepSignals(memory, signals) },
    synthetic: [],
    tallies: {},
    restarts: {},
    lookedAt: now,
    awayMs: 0,
  };
}

/** Flow by flow and region by region: it may have lost all of one and nothing of another. */
function keepCells({ before, counts }: GateMemory): GateCell[] {
  const live = counts.cells.filter((cell) => cell.side === 'live' && sizeOf(cell) >= beforeMin);
  const isNew = ({ region, flow }: GateCell) =>
    live.some((cell) => cell.region === region && cell.flow === flow);
  return [...before.filter((cell) => !isNew(cell)), ...live];
}

function keepSignals(
  { tallies, counts }: GateMemory,
  signals: readonly GateSignalRule[],
): GateMemory['signalsBefore'] {
  const sums = sumTallies(tallies, 'live');
  const kept = signals.flatMap((rule) => {
    const sum = sums[rule.name];
    const users = countUsers(rule, counts.cells, 'live');
    return sum === undefined || users < beforeMin ? [] : [[rule.name, { ...sum, users }] as const];
  });
  return Object.fromEntries(kept);
}

export function noteFacts(
  memory: GateMemory,
  facts: GateFacts,
  signals: readonly GateSignalRule[],
): GateMemory {
  const { now, stamps, observations, answers } = facts;
  const sideOf = (side: 'candidate' | 'live') => stamps.filter((stamp) => stamp.side === side);
  const away = now - memory.lookedAt;
  return {
    ...memory,
    counts: addWindows(memory.counts, observations, {
      candidates: sideOf('candidate'),
      live: sideOf('live'),
      now,
    }),
    synthetic: answers.reduce<readonly GateCell[]>(addToCells, memory.synthetic),
    tallies: noteReadings(memory.tallies, facts, { signals, since: memory.counts.since }),
    queues: noteQueues(memory.queues, facts),
    restarts: noteRestarts(memory.restarts, facts),
    peaks: notePeaks(memory.peaks, facts),
    unreadySince: noteUnready(memory.unreadySince, facts),
    lookedAt: now,
    awayMs: away > awayMsMin ? memory.awayMs + away : memory.awayMs,
  };
}

function noteQueues(known: GateMemory['queues'], { queues }: GateFacts): GateMemory['queues'] {
  const next = { ...known };
  for (const { region, look } of queues) {
    const { before, looks } = next[region] ?? { before: look, looks: [] };
    if ((looks.at(-1) ?? before).at >= look.at) next[region] = { before, looks };
    else next[region] = { before, looks: [...looks, look].slice(-looksKept) };
  }
  return next;
}

/** A count that is lower than it was is of another unit by the same name. */
function noteRestarts(known: GateMemory['restarts'], { units }: GateFacts): GateMemory['restarts'] {
  const seen = units.map(({ id, restarts }) => [id, Math.min(known[id] ?? restarts, restarts)] as const);
  return { ...known, ...Object.fromEntries(seen) };
}

function notePeaks(known: GateMemory['peaks'], { units }: GateFacts): GateMemory['peaks'] {
  const seen = units.flatMap(({ id, side, memoryBytes }) =>
    side === 'live' && memoryBytes !== null ? [[id, Math.max(known[id] ?? 0, memoryBytes)] as const] : [],
  );
  return { ...known, ...Object.fromEntries(seen) };
}

function noteUnready(
  known: GateMemory['unreadySince'],
  { stamps, now }: GateFacts,
): GateMemory['unreadySince'] {
  const unready = stamps.filter(({ side, isReady }) => side === 'candidate' && !isReady);
  return Object.fromEntries(unready.map(({ id }) => [id, known[id] ?? now]));
}
