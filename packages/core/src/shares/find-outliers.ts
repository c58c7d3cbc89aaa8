import type { FlowTraffic, TrafficSlice } from './share-evidence.ts';
import { medianOf, quantileMs, rateOf, type Sample } from './compare-samples.ts';
import { findErrorOutliers, type OutlierRule, type SiblingSample, suspectRule } from './compare-siblings.ts';
import { toPairKey } from './pair-key.ts';
import type { Suspicion } from './share-memory.ts';

/** A live stamp's traffic. */
export interface ComparedStamp {
  id: string;
  traffic: readonly FlowTraffic[];
  /** Flows for which it is in trial or slow start: the little it gets must be enough to send it back. */
  isOnProbation(flow: string): boolean;
  /** Of the release that is on its way in: its siblings are slow with it, and it is measured by the release before. */
  isCandidate: boolean;
}

export interface Outlier {
  stamp: string;
  flow: string;
  kind: 'errors' | 'latency';
  text: string;
}

export interface OutlierInput {
  stamps: readonly ComparedStamp[];
  flows: readonly { name: string; latencyMs: number }[];
  suspicions: Readonly<Record<string, Suspicion>>;
}

export interface OutlierResult {
  suspicions: Record<string, Suspicion>;
  /** Beyond doubt: to be acted on. */
  outliers: Outlier[];
  /** `stamp flow` with enough requests to be judged. */
  judged: Set<string>;
}

/** One look in ten seconds finds a loud fault, one in thirty a faint one or one with little traffic. */
const windowsMs = [10_000, 30_000];
/** Chance has it that a window looks bad now and then: it must look bad again in requests that came later, and both together clearly. */
const freshMs = 4000;
const freshRule: OutlierRule = { countMin: 20, chanceMax: 0.005, isExact: false };
/** And still, at this moment: what its siblings have caught up with is their common trouble. */
const nowMs = 2000;
const nowRule: OutlierRule = { countMin: 1, chanceMax: 1, isExact: true };
const togetherRule: OutlierRule = { countMin: 50, chanceMax: 1e-8, isExact: true };
/** A trial has little traffic and little to lose: one look is enough, and less of it. */
const probationRule: OutlierRule = { countMin: 10, chanceMax: 1e-5, isExact: true };
/** Short ones where there is traffic enough. */
const slowWindowsMs = [3000, 5000, 10_000];
const slowCountMin = 20;
const slowWindowsMin = 3;
const slowRatio = 2;

const calm: Suspicion = { errorsSince: null, slowWindows: 0 };

/**
 * Gray failures (health.md 3.4): stamps of which users see more errors or more latency than of their siblings, whatever they say of
 * themselves. Compared flow by flow over sliding windows; when all are equally bad, nobody is an outlier.
 */
export function findOutliers({ stamps, flows, suspicions }: OutlierInput, now: number): OutlierResult {
  const result: OutlierResult = { suspicions: {}, outliers: [], judged: new Set() };
  for (const { name, latencyMs } of flows) {
    const seen = stamps.flatMap((stamp) => {
      const slices = stamp.traffic.find(({ flow }) => flow === name)?.slices ?? [];
      return slices.length === 0 ? [] : [{ stamp, slices }];
    });
    const view: FlowView = { flow: name, latencyMs, seen, now };
    const errors = judgeErrors(view, suspicions);
    const slow = judgeLatency(view);
    for (const { stamp, slices } of seen) {
      const key = toPairKey(stamp.id, name);
      if (countOf(slices, now - 30_000) >= suspectRule.countMin) result.judged.add(key);
      const next = { ...calm, ...errors.next[key], ...slow.next[key] };
      if (next.errorsSince !== null || next.slowWindows > 0) result.suspicions[key] = next;
    }
    result.outliers.push(...errors.outliers, ...slow.outliers);
  }
  return result;
}

interface FlowView {
  flow: string;
  latencyMs: number;
  seen: readonly { stamp: ComparedStamp; slices: readonly TrafficSlice[] }[];
  now: number;
}

interface Judgement {
  next: Record<string, Partial<Suspicion>>;
  outliers: Outlier[];
}

function judgeErrors(view: FlowView, before: OutlierInput['suspicions']): Judgement {
  const { flow, seen, now } = view;
  const judgement: Judgement = { next: {}, outliers: [] };
  const probation = new Set(seen.flatMap(({ stamp }) => (stamp.isOnProbation(flow) ? [stamp.id] : [])));
  const ruleOf = (rule: OutlierRule) => (stamp: string) => (probation.has(stamp) ? probationRule : rule);
  const found = (from: number, rule: OutlierRule) => findErrorOutliers(sampleFrom(seen, from), ruleOf(rule));
  const suspects = windowsMs.flatMap((windowMs) => found(now - windowMs, suspectRule));
  if (suspects.length === 0) return judgement;
  const newest = newestOf(view);
  const together = found(now - 30_000, togetherRule).concat(found(now - 10_000, togetherRule));
  for (const stamp of new Set(suspects.map((suspect) => suspect.stamp))) {
    const key = toPairKey(stamp, flow);
    const since = before[key]?.errorsSince ?? newest;
    judgement.next[key] = { errorsSince: since };
    const isFound = (from: number, rule: OutlierRule) => found(from, rule).some((one) => one.stamp === stamp);
    const isAgain =
      newest - since >= freshMs && isFound(since, freshRule) && isFound(newest - nowMs, nowRule);
    const proof = together.find((one) => one.stamp === stamp);
    if (proof === undefined || !(isAgain || probation.has(stamp))) continue;
    const text = `${flow}: ${percent(proof.own)} of requests fail, ${percent(proof.siblings)} elsewhere`;
    judgement.outliers.push({ stamp, flow, kind: 'errors', text });
  }
  return judgement;
}

/** The last three windows, one after the other, in each of which it was twice as slow as its siblings and too slow. */
function judgeLatency(view: FlowView): Judgement {
  const judgement: Judgement = { next: {}, outliers: [] };
  const newest = newestOf(view);
  for (const one of view.seen) {
    const found = slowWindowsMs.map((windowMs) => findSlowWindows(view, one, { windowMs, newest }));
    const [worst = []] = found.toSorted((a, b) => b.length - a.length);
    judgement.next[toPairKey(one.stamp.id, view.flow)] = { slowWindows: worst.length };
    const [last] = worst;
    if (last === undefined || worst.length < slowWindowsMin) continue;
    const text = `${view.flow}: p95 of ${Math.round(last.own)} ms, ${Math.round(last.usual)} ms elsewhere`;
    judgement.outliers.push({ stamp: one.stamp.id, flow: view.flow, kind: 'latency', text });
  }
  return judgement;
}

/** p95 in ms. */
interface SlowWindow {
  own: number;
  usual: number;
}

/** From the newest window back, as long as they are slow. */
function findSlowWindows(
  { latencyMs, seen }: FlowView,
  { stamp, slices }: FlowView['seen'][number],
  { windowMs, newest }: { windowMs: number; newest: number },
): SlowWindow[] {
  const found: SlowWindow[] = [];
  while (found.length < slowWindowsMin) {
    const to = newest - found.length * windowMs;
    const span = { from: to - windowMs, to };
    const own = p95In(slices, span) ?? 0;
    if (own <= latencyMs || countIn(slices, span) < slowCountMin) break;
    const others = seen.filter(
      (other) => other.stamp !== stamp && countIn(other.slices, span) >= slowCountMin,
    );
    const usual = usualOf(stamp, others, span);
    const limit = usual === null ? Infinity : Math.max(latencyMs, slowRatio * usual);
    if (own <= limit || !isSlowThroughout(slices, span, limit)) break;
    found.push({ own, usual: usual ?? 0 });
  }
  return found;
}

/** What is usual elsewhere; for a candidate also what was usual before it, for all of its siblings may be as slow as it is. */
function usualOf(stamp: ComparedStamp, others: FlowView['seen'], span: Span): number | null {
  const p95 = (seen: FlowView['seen']) => medianOf(seen.flatMap(({ slices }) => p95In(slices, span) ?? []));
  const all = p95(others);
  const former = stamp.isCandidate ? p95(others.filter((other) => !other.stamp.isCandidate)) : null;
  return all === null || former === null ? all : Math.min(all, former);
}

/** A moment's hiccup makes the p95 of a whole window bad, but not of both its halves. */
function isSlowThroughout(slices: readonly TrafficSlice[], { from, to }: Span, limitMs: number): boolean {
  const middle = (from + to) / 2;
  const halves = [
    { from, to: middle },
    { from: middle, to },
  ];
  return halves.every((half) => (p95In(slices, half) ?? 0) > limitMs);
}

function sampleFrom(seen: FlowView['seen'], from: number): SiblingSample[] {
  return seen.map(({ stamp, slices }) => {
    const sample: SiblingSample = { stamp: stamp.id, good: 0, bad: 0 };
    for (const slice of slices) {
      if (slice.from < from) continue;
      sample.good += slice.good;
      sample.bad += slice.bad;
    }
    return sample;
  });
}

export function countOf(slices: readonly TrafficSlice[], from: number): number {
  return countIn(slices, { from, to: Infinity });
}

/** Slices that begin in it. */
interface Span {
  from: number;
  to: number;
}

function countIn(slices: readonly TrafficSlice[], { from, to }: Span): number {
  return slices.reduce(
    (sum, slice) => (slice.from < from || slice.from >= to ? sum : sum + slice.good + slice.bad),
    0,
  );
}

function p95In(slices: readonly TrafficSlice[], { from, to }: Span): number | null {
  const latency: number[] = [];
  for (const slice of slices) {
    if (slice.from < from || slice.from >= to) continue;
    slice.latency.forEach((count, index) => (latency[index] = (latency[index] ?? 0) + count));
  }
  return quantileMs(latency, 0.95);
}

function newestOf({ seen }: FlowView): number {
  return Math.max(...seen.map(({ slices }) => slices.at(-1)?.to ?? 0));
}

function percent(sample: Sample): string {
  return `${Math.round(rateOf(sample) * 1000) / 10} %`;
}
