/** Where a stamp (or a stamp for one flow) is on its way into traffic. Plain JSON; times in ms. */
export interface Standing {
  kind: 'unseen' | 'serving' | 'out' | 'trial' | 'slow-start';
  since: number;
  /** Only of `out`: the end of the hold-down. */
  until: number | null;
  /** Good looks in a row while it is not let in. */
  good: number;
  /** Falls soon after a readmission. */
  strikes: number;
  /** Keys of what it went out for. */
  keys: string[];
}

export interface StandingInput {
  /** `off` begins anew without blame; `bad` goes out; `good` climbs. */
  evidence: 'off' | 'bad' | 'good';
  /** What speaks against it, if anything does. */
  keys: readonly string[];
  /** What a new look at it found; `none` when it is the same look as last time. */
  look: 'good' | 'bad' | 'none';
  /** Its trial saw enough requests to be believed. */
  isProven: boolean;
  /** Nobody is in traffic yet whom a trial would shield. */
  isFirst: boolean;
  /** The program that brings its release in is its trial. */
  isAwaited: boolean;
}

const riseLooks = 2;
const holdDownMs = 30_000;
const holdDownMsMax = 300_000;
const trialMs = 10_000;
/** A trial without traffic proves nothing, and cannot go on for ever. */
const trialMsMax = 30_000;
const trialFactor = 0.02;
const slowStartMs = 45_000;
const slowStartFrom = 0.1;
/** Who served this long is a first offender again. */
export const forgiveAfterMs = 600_000;
const strikesMax = 10;

export function createStanding(now: number): Standing {
  return { kind: 'unseen', since: now, until: null, good: 0, strikes: 0, keys: [] };
}

/**
 * The climb: rise 2 (1 for the first ones of all), then a trial, then a slow start; and hold-down 30 s x 2^n up to 300 s after every
 * fall.
 */
export function decideStanding(before: Standing, input: StandingInput, now: number): Standing {
  if (input.evidence === 'off')
    return before.kind === 'unseen' ? unseen(before) : enter(before, 'unseen', now);
  if (input.evidence === 'bad') return fall(before, input, now);
  const ageMs = now - before.since;
  switch (before.kind) {
    case 'serving':
      return before;
    case 'unseen':
      return rise(before, input, {
        now,
        next: input.isFirst || input.isAwaited ? 'serving' : 'trial',
        // The first one gets everything until the others are in: none of them is kept waiting.
        looks: input.isFirst ? 1 : riseLooks,
      });
    case 'out':
      return rise(before, input, { now, next: 'trial', looks: riseLooks });
    case 'trial':
      if (ageMs < trialMs || (!input.isProven && ageMs < trialMsMax)) return before;
      return enter(before, 'slow-start', now);
    case 'slow-start':
      return ageMs < slowStartMs ? before : enter(before, 'serving', now);
  }
}

/** Part of its fair amount that a stamp of this standing may get. */
export function toFactor(standing: Standing, now: number): number {
  switch (standing.kind) {
    case 'serving':
      return 1;
    case 'trial':
      return trialFactor;
    case 'slow-start': {
      const done = Math.min(1, Math.max(0, (now - standing.since) / slowStartMs));
      return slowStartFrom + (1 - slowStartFrom) * done;
    }
    case 'unseen':
    case 'out':
      return 0;
  }
}

/** Its fall turned out not to be its own: it goes on as if nothing had been. */
export function pardon(standing: Standing, now: number): Standing {
  return { ...enter(standing, 'serving', now), strikes: Math.max(0, standing.strikes - 1) };
}

function fall(before: Standing, { keys }: StandingInput, now: number): Standing {
  // What was never in has nothing to fall from, and what is out already serves its time.
  if (before.kind === 'unseen') return unseen(before);
  if (before.kind === 'out') return { ...before, good: 0, keys: [...keys] };
  const isForgiven = before.kind === 'serving' && now - before.since >= forgiveAfterMs;
  const strikes = isForgiven ? 0 : before.strikes;
  const until = now + Math.min(holdDownMs * 2 ** strikes, holdDownMsMax);
  const next = Math.min(strikes + 1, strikesMax);
  return { kind: 'out', since: now, until, good: 0, strikes: next, keys: [...keys] };
}

function unseen(before: Standing): Standing {
  return before.good === 0 ? before : { ...before, good: 0 };
}

function rise(
  before: Standing,
  { look }: StandingInput,
  { now, next, looks }: { now: number; next: Standing['kind']; looks: number },
): Standing {
  const good = look === 'bad' ? 0 : Math.min(before.good + (look === 'good' ? 1 : 0), looks);
  if (good < looks || now < (before.until ?? 0)) return { ...before, good };
  return enter(before, next, now);
}

function enter(before: Standing, kind: Standing['kind'], now: number): Standing {
  return { kind, since: now, until: null, good: 0, strikes: before.strikes, keys: [] };
}
