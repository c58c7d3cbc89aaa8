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
const slowWindowMs = 3000;
const slowWindowMsMax = 10_000;
const slowCountMin = 20;
const slowWindowsMin = 3;
const slowRatio = 2;

const calm: Suspicion = { errorsSince: null, slowWindows: 0, slowSeenTo: 0 };

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
    const slow = judgeLatency(view, suspicions);
    for (const { stamp, slices } of seen) {
      const key = toPairKey(stamp.id, name);
      if (countOf(slices, now - 30_000) >= suspectRule.countMin) result.judged.add(key);
      const next = { ...calm, ...errors.next[key], ...slow.next[key] };
      if (next.errorsSince !== null || next.slowWindows > 0) result.suspicions[key] = next;
      // Where the last slow window ended must be known also when it was not slow, or windows would overlap.
      else if (next.slowSeenTo > now - 30_000) result.suspicions[key] = next;
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

function judgeErrors({ flow, seen, now }: FlowView, before: OutlierInput['suspicions']): Judgement {
  const judgement: Judgement = { next: {}, outliers: [] };
  const probation = new Set(seen.flatMap(({ stamp }) => (stamp.isOnProbation(flow) ? [stamp.id] : [])));
  const ruleOf = (rule: OutlierRule) => (stamp: string) => (probation.has(stamp) ? probationRule : rule);
  const found = (from: number, rule: OutlierRule) => findErrorOutliers(sampleFrom(seen, from), ruleOf(rule));
  const suspects = windowsMs.flatMap((windowMs) => found(now - windowMs, suspectRule));
  if (suspects.length === 0) return judgement;
  const newest = Math.max(...seen.map(({ slices }) => slices.at(-1)?.to ?? 0));
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

/** Three windows in a row, none sharing a request with another, in which it was twice as slow as its siblings and too slow. */
function judgeLatency(
  { flow, latencyMs, seen, now }: FlowView,
  before: OutlierInput['suspicions'],
): Judgement {
  const judgement: Judgement = { next: {}, outliers: [] };
  for (const { stamp, slices } of seen) {
    const key = toPairKey(stamp.id, flow);
    const last = before[key] ?? calm;
    const newest = slices.at(-1)?.to ?? 0;
    const from = Math.max(last.slowSeenTo, now - slowWindowMsMax);
    judgement.next[key] = { slowWindows: last.slowWindows, slowSeenTo: last.slowSeenTo };
    if (newest - from < slowWindowMs || countOf(slices, from) < slowCountMin) {
      if (newest - last.slowSeenTo > slowWindowMsMax)
        judgement.next[key] = { slowWindows: 0, slowSeenTo: from };
      continue;
    }
    const own = p95From(slices, from) ?? 0;
    const others = seen.filter(
      (other) => other.stamp !== stamp && countOf(other.slices, from) >= slowCountMin,
    );
    const usual = usualOf(stamp, others, from);
    const limit = usual === null ? Infinity : Math.max(latencyMs, slowRatio * usual);
    const isSlow = own > limit && isSlowThroughout(slices, from, limit);
    const slowWindows = isSlow ? Math.min(last.slowWindows + 1, slowWindowsMin) : 0;
    judgement.next[key] = { slowWindows, slowSeenTo: newest };
    if (slowWindows < slowWindowsMin) continue;
    const text = `${flow}: p95 of ${Math.round(own)} ms, ${Math.round(usual ?? 0)} ms elsewhere`;
    judgement.outliers.push({ stamp: stamp.id, flow, kind: 'latency', text });
  }
  return judgement;
}

/** What is usual elsewhere; for a candidate also what was usual before it, for all of its siblings may be as slow as it is. */
function usualOf(stamp: ComparedStamp, others: FlowView['seen'], from: number): number | null {
  const p95 = (seen: FlowView['seen']) => medianOf(seen.flatMap(({ slices }) => p95From(slices, from) ?? []));
  const all = p95(others);
  const former = stamp.isCandidate ? p95(others.filter((other) => !other.stamp.isCandidate)) : null;
  return all === null || former === null ? all : Math.min(all, former);
}

/** A moment's hiccup makes the p95 of a whole window bad, but not of both its halves. */
function isSlowThroughout(slices: readonly TrafficSlice[], from: number, limitMs: number): boolean {
  const middle = (from + (slices.at(-1)?.to ?? from)) / 2;
  const older = slices.filter((slice) => slice.from < middle);
  return (p95From(older, from) ?? 0) > limitMs && (p95From(slices, middle) ?? 0) > limitMs;
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
  return slices.reduce((sum, slice) => (slice.from < from ? sum : sum + slice.good + slice.bad), 0);
}

function p95From(slices: readonly TrafficSlice[], from: number): number | null {
  const latency: number[] = [];
  for (const slice of slices) {
    if (slice.from < from) continue;
    slice.latency.forEach((count, index) => (latency[index] = (latency[index] ?? 0) + count));
  }
  return quantileMs(latency, 0.95);
}

function percent(sample: Sample): string {
  return `${Math.round(rateOf(sample) * 1000) / 10} %`;
}
