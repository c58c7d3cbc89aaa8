import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { type Sample, sizeOf } from '../shares/compare-samples.ts';
import type { GateCell, GateSide } from './gate-cells.ts';
import type { GateSignal, SignalCount } from './gate-evidence.ts';
import type { GateSignalRule } from './gate-rules.ts';
import { lookChanceMax, toChance } from './gate-strata.ts';
import { toChanceWords, toCount } from './gate-words.ts';

const requestsMin = 20;
/** With fewer requests of the live release for each of the candidate's, those of the step before count too. */
const livePartMin = 0.1;
/** A count may be more than one a request: requests are so many tries each. */
const triesPerRequest = 1000;

export interface SignalEvidence {
  signal: GateSignal;
  /** What users got. */
  cells: readonly GateCell[];
}

/** What a component counts per request, beside the same of the old release. */
export function judgeSignal(rule: GateSignalRule, evidence: SignalEvidence | null): GateCheck {
  const name = rule.name;
  if (evidence === null) return { name, verdict: 'not-enough-data', text: `${rule.metric} was not read` };
  const bases = listBases(rule, evidence);
  const samples = bases[0]?.candidate.requests ?? 0;
  if (bases.length === 0) {
    return {
      name,
      verdict: 'not-enough-data',
      text: `too few requests of ${rule.component} on both sides`,
      samples,
    };
  }
  const findings = bases.map((basis) => ({ ...basis, chance: chanceOf(rule, basis) }));
  const best = findings.toSorted((a, b) => b.chance - a.chance)[0];
  if (best === undefined) throw new Error('There is a basis.');
  const text = `${toPer(best.candidate)}, beside ${toPer(best.live)}`;
  if (best.chance > lookChanceMax) return { name, verdict: 'pass', text, samples };
  return { name, verdict: 'fail', text: `${text} ${toChanceWords(best.chance)}`, samples };
}

interface Rate {
  count: number;
  requests: number;
}
type Basis = Record<GateSide, Rate>;

/**
 * Requests as the component counted them, and as users made them. Our own probes are among the former and are a larger part of a
 * small share; the signal may count them or not. So it must look bad by both.
 */
function listBases(rule: GateSignalRule, { signal, cells }: SignalEvidence): Basis[] {
  const { candidate, before } = signal;
  const own = countUsers(rule, cells, 'candidate');
  const now = countUsers(rule, cells, 'live');
  const isGone = before !== null && now < Math.max(requestsMin, livePartMin * own);
  const live = isGone ? addUp(signal.live, before) : signal.live;
  const bases = [toBasis(candidate.count, live.count, [own, isGone ? now + before.users : now])];
  if (candidate.requests !== null && live.requests !== null) {
    bases.push(toBasis(candidate.count, live.count, [candidate.requests, live.requests]));
  }
  const isEnough = (basis: Basis) => Math.min(basis.candidate.requests, basis.live.requests) >= requestsMin;
  return bases.every(isEnough) ? bases : [];
}

/** Requests of users that passed the component. */
export function countUsers(
  { flows }: Pick<GateSignalRule, 'flows'>,
  cells: readonly GateCell[],
  side: GateSide,
): number {
  return cells
    .filter((cell) => cell.side === side && flows.includes(cell.flow))
    .reduce((sum, cell) => sum + sizeOf(cell), 0);
}

function addUp(one: SignalCount, two: SignalCount): SignalCount {
  const requests = one.requests === null || two.requests === null ? null : one.requests + two.requests;
  return { count: one.count + two.count, requests };
}

function toBasis(own: number, usual: number, [requests, beside]: [number, number]): Basis {
  return {
    candidate: { count: Math.round(own), requests },
    live: { count: Math.round(usual), requests: beside },
  };
}

/** 1 when it is within the tolerance. */
function chanceOf({ expect, tolerance }: GateSignalRule, { candidate, live }: Basis): number {
  const own = candidate.count / candidate.requests;
  const usual = live.count / live.requests;
  if (expect === 'not-higher') {
    return own > usual * (1 + tolerance)
      ? toChance([{ own: toSample(candidate), other: toSample(live) }])
      : 1;
  }
  return own < usual * (1 - tolerance) ? toChance([{ own: toSample(live), other: toSample(candidate) }]) : 1;
}

function toSample({ count, requests }: Rate): Sample {
  return { bad: count, good: Math.max(0, requests * triesPerRequest - count) };
}

function toPer({ count, requests }: Rate): string {
  return `${toCount(count)} in ${toCount(requests)} requests`;
}
