import type { GateResult, RolloutHold, RolloutPhase, TrafficStep } from '@alwayson/protocol/releases.ts';

/** The part of each region's traffic that a candidate gets, 0..1, by region. */
export type TrafficParts = Readonly<Record<string, number>>;

/** Fixed when the rollout begins: what was planned is what runs. */
export interface RolloutProgram {
  id: string;
  kind: 'deploy' | 'rollback';
  /** Digests and versions. */
  release: string;
  version: string;
  from: string;
  fromVersion: string;
  steps: readonly TrafficStep[];
  /** Contract migrations to run before the old stamps go; empty without any. */
  contract: readonly string[];
  /** Of all of it, as planned; null until it is. */
  expectedSeconds: number | null;
  /** How long new stamps may take until they are ready. */
  placeMs: number;
  /** How long requests in flight may take: what is drained is not waited for much longer. */
  requestMs: number;
  /** How long a hold waits for somebody. */
  holdMs: number;
}

export interface Hold extends Omit<RolloutHold, 'since'> {
  since: number;
}

export interface RolloutEnd {
  at: number;
  state: 'succeeded' | 'undone' | 'failed';
  /** Digest of what is live in all regions. */
  live: string;
}

/** Where a rollout stands. Plain JSON: it is a record, and survives every process. */
export interface RolloutState {
  program: RolloutProgram;
  phase: RolloutPhase;
  startedAt: number;
  /** When the phase began, ms; moved on by the time in which nobody looked. */
  since: number;
  /** The last look. */
  seenAt: number;
  /** Index into the program's steps: of the step that is being taken or looked at; -1 before the first. */
  step: number;
  /** What gateways are to do. */
  parts: TrafficParts;
  /** A step's gate is passed over by order. */
  promoted: boolean;
  hold: Hold | null;
  /** What is being waited for. */
  waitingFor: string | null;
  /** Set once it is on its way back: why. */
  undoing: string | null;
  /** The code of the refusal, when it was refused before anything was touched. */
  refusal: string | null;
  /** Every phase that was entered, with its time. */
  entered: readonly { name: RolloutPhase; step: number; at: number }[];
  gates: readonly GateResult[];
  /** Null while it runs. */
  end: RolloutEnd | null;
}

/** A rollout before its first look. */
export function beginRollout(program: RolloutProgram, now: number): RolloutState {
  return {
    program,
    phase: 'prepare',
    startedAt: now,
    since: now,
    seenAt: now,
    step: -1,
    parts: noParts(program),
    promoted: false,
    hold: null,
    waitingFor: null,
    undoing: null,
    refusal: null,
    entered: [{ name: 'prepare', step: -1, at: now }],
    gates: [],
    end: null,
  };
}

export function noParts({ steps }: RolloutProgram): TrafficParts {
  return Object.fromEntries(Object.keys(steps[0]?.parts ?? {}).map((region) => [region, 0]));
}

export function isSameParts(one: TrafficParts, other: TrafficParts): boolean {
  const regions = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...regions].every((region) => (one[region] ?? 0) === (other[region] ?? 0));
}

/** Phases from which the way back is open: nothing that the old release needs was taken away yet. */
const undoable: ReadonlySet<RolloutPhase> = new Set([
  'prepare',
  'migrate',
  'place',
  'warm',
  'smoke',
  'shift',
  'bake',
  'settle',
]);

export function canUndo({ phase, end }: RolloutState): boolean {
  return end === null && undoable.has(phase);
}

/** The release that is to be live by what the rollout has reached: the new one from `settle` on, unless it is undone. */
export function liveOf({ program, phase }: RolloutState): string {
  const isNew = phase === 'settle' || phase === 'contract' || phase === 'drain' || phase === 'remove';
  return isNew ? program.release : program.from;
}
