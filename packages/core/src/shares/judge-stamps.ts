import { type ClassedStamp, classOf, findCommonKeys, isSharedKey } from './attribute-cause.ts';
import { createLatch, decideLatch, type StampReading, toOwnReasons } from './classify-stamp.ts';
import { createStanding, decideStanding, pardon, type Standing, type StandingInput } from './readmission.ts';
import type { StampEvidence } from './share-evidence.ts';
import type { ClassReason, StampMemory } from './share-memory.ts';

export interface JudgedInput {
  evidence: StampEvidence;
  reading: StampReading;
  /** Bad for users in all flows that could be judged. */
  trafficReason: ClassReason | null;
  /** Its trial saw enough requests to be believed. */
  isProven: boolean;
  /** It is let in without a trial: the program that brings its release in is one. */
  isAwaited: boolean;
}

export interface JudgedStamp extends Pick<JudgedInput, 'evidence' | 'reading'> {
  /** As it is seen, and judged by what is its own alone. */
  seen: ClassedStamp;
  judged: ClassedStamp;
  memory: StampMemory;
  /** Flows that fail for it alone when asked from outside. */
  badFlows: string[];
  isNewLook: boolean;
}

/** What only some stamps see must go on for as long as others may take to see it too. */
export const differingMs = 6000;
/** Who went out this shortly before an outage that all share was only the first to feel it. */
const onsetMs = 15_000;
/** A pool that does not serve yet has nobody whom a slow start would shield. */
const servedMs = 60_000;

/** Classes and standings of all stamps. What all live stamps see alike is told and evicts nobody. */
export function judgeStamps(
  inputs: readonly JudgedInput[],
  before: Readonly<Record<string, StampMemory>>,
  now: number,
): JudgedStamp[] {
  const drafts = inputs.map((input) => draft(input, before[input.evidence.id], now));
  const admitted = drafts.filter(({ standing }) => standing.kind !== 'unseen');
  const common = findCommonKeys(
    admitted.map((item) => toClassed(item, [...item.own, ...item.reading.shared])),
  );
  const isFirst = drafts.every(
    ({ standing }) => standing.kind !== 'serving' || now - standing.since < servedMs,
  );
  return drafts.map((item) => {
    const { differing, reasons } = settleShared(item, common, now);
    const rest = reasons.filter(({ key }) => !common.has(key));
    const standing = climb(item, { rest, common, isFirst }, now);
    const badFlows = Object.entries(differing)
      .filter(([key, since]) => key.startsWith('flow:') && now - since >= differingMs)
      .map(([key]) => key.slice('flow:'.length));
    return conclude(item, { differing, standing, reasons, rest, badFlows }, now);
  });
}

/** Nothing could be observed: everything stays, except what operators say. */
export function keepStamps(
  inputs: readonly JudgedInput[],
  before: Readonly<Record<string, StampMemory>>,
  now: number,
): JudgedStamp[] {
  return inputs.map((input) => {
    const item = { ...draft(input, before[input.evidence.id], now), isNewLook: false };
    const { operator } = input.reading;
    const kept = item.before.reasons.filter(({ level, key }) => level !== 'off' && isSharedKey(key));
    const rest = [...(operator === null ? [] : [operator]), ...toOwnReasons(item.before.latch)];
    const standing = operator === null ? item.standing : decideStanding(item.standing, switchedOff, now);
    const { differing, latch } = item.before;
    return conclude(
      { ...item, latch },
      { differing, standing, reasons: [...rest, ...kept], rest, badFlows: [] },
      now,
    );
  });
}

const switchedOff: StandingInput = {
  evidence: 'off',
  keys: [],
  look: 'none',
  isProven: false,
  isFirst: false,
  isAwaited: false,
};

interface Conclusion {
  differing: StampMemory['differing'];
  standing: Standing;
  /** Everything that counts, and of that what is not common to all. */
  reasons: readonly ClassReason[];
  rest: readonly ClassReason[];
  badFlows: string[];
}

function conclude(
  item: Draft,
  { differing, standing, reasons, rest, badFlows }: Conclusion,
  now: number,
): JudgedStamp {
  const shown = [...reasons, ...toStandingReasons(standing, reasons)];
  const judged = toClassed(item, [...rest, ...toStandingReasons(standing, rest)]);
  const found = classOf({ reasons: shown });
  const since = found === item.before.class ? item.before.since : now;
  const memory = { latch: item.latch, differing, standing, class: found, since, reasons: shown };
  const { evidence, reading, isNewLook } = item;
  return { evidence, reading, seen: toClassed(item, shown), judged, memory, badFlows, isNewLook };
}

interface Draft extends JudgedInput {
  before: StampMemory;
  standing: Standing;
  latch: StampMemory['latch'];
  isNewLook: boolean;
  /** Everything that is its own. */
  own: ClassReason[];
}

function draft(input: JudgedInput, known: StampMemory | undefined, now: number): Draft {
  const { reading, trafficReason } = input;
  const before = known ?? createStampMemory(now);
  const latch = decideLatch(before.latch, reading);
  const own = [reading.operator, trafficReason]
    .filter((reason) => reason !== null)
    .concat(toOwnReasons(latch));
  const isNewLook = latch.observedAt > before.latch.observedAt;
  return { ...input, before, standing: before.standing, latch, isNewLook, own };
}

function createStampMemory(now: number): StampMemory {
  const standing = createStanding(now);
  return { latch: createLatch(), differing: {}, standing, class: 'off', since: now, reasons: [] };
}

function toClassed({ evidence, reading }: Draft, reasons: readonly ClassReason[]): ClassedStamp {
  const { id, region, release } = evidence;
  return { id, region, release, reasons, isHeard: reading.isHeard, isIdle: false };
}

/** Of what is shared, what counts: what all see, and what this stamp has seen alone for long enough. */
function settleShared(item: Draft, common: ReadonlySet<string>, now: number) {
  const isInTraffic = item.standing.kind !== 'unseen' && item.standing.kind !== 'out';
  const alone = item.reading.shared.filter(
    // Of one that serves nobody every flow fails: what probes found before it served says nothing about how it serves.
    ({ key }) => !common.has(key) && (isInTraffic || !key.startsWith('flow:')),
  );
  const differing = Object.fromEntries(alone.map(({ key }) => [key, item.before.differing[key] ?? now]));
  const counted = item.reading.shared.filter(
    // A flow that fails is a matter of that flow alone.
    ({ key }) =>
      !key.startsWith('flow:') && (common.has(key) || now - (differing[key] ?? now) >= differingMs),
  );
  return { differing, reasons: [...item.own, ...counted] };
}

interface Verdict {
  rest: readonly ClassReason[];
  common: ReadonlySet<string>;
  isFirst: boolean;
}

function climb(item: Draft, { rest, common, isFirst }: Verdict, now: number): Standing {
  const found = classOf({ reasons: rest });
  const evidence = found === 'off' ? 'off' : found === 'soft' || found === 'hard' ? 'bad' : 'good';
  const keys = rest.filter(({ level }) => level === 'soft' || level === 'hard').map(({ key }) => key);
  const { isNewLook, isProven, isAwaited, reading, standing } = item;
  if (evidence === 'good' && isBlameless(standing, common, now)) return pardon(standing, now);
  const isGood = reading.own.every(({ level }) => level === 'degraded');
  const look = !isNewLook ? 'none' : isGood ? 'good' : 'bad';
  return decideStanding(standing, { evidence, keys, look, isProven, isFirst, isAwaited }, now);
}

function isBlameless({ kind, since, keys }: Standing, common: ReadonlySet<string>, now: number): boolean {
  if (kind !== 'out' || ![...common].some((key) => key.startsWith('dependency:'))) return false;
  const isOnset = now - since <= onsetMs && keys.every((key) => isSharedKey(key) || key === 'traffic');
  return isOnset || keys.every((key) => common.has(key));
}

/** What a standing adds to the class: not seen yet, or held down though nothing speaks against it now. */
function toStandingReasons(standing: Standing, reasons: readonly ClassReason[]): ClassReason[] {
  if (standing.kind === 'unseen' && classOf({ reasons }) !== 'off') {
    return [{ level: 'off', key: 'starting', text: 'not seen serving yet' }];
  }
  if (standing.kind !== 'out' || reasons.some(({ level }) => level === 'soft' || level === 'hard')) return [];
  const keys = standing.keys.length > 0 ? standing.keys : ['held'];
  return keys.map((key) => ({ level: 'soft', key, text: 'held down after a fault' }));
}
