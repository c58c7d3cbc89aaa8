import { bucketSeconds } from '@alwayson/protocol/traffic.ts';
import type { LineLoss } from './line-sequence.ts';
import { toSlice } from './traffic-buckets.ts';

/** What is new of a slice since the last write: counts to add, and whether it has ended as a whole one. */
export interface CoverageChange {
  at: number;
  complete: boolean;
  linesLost: number;
  requests: number;
  unanswered: number;
  probes: Map<string, { good: number; bad: number }>;
}

/** Slices that are known by now not to be whole, whatever was written of them: those that start in [from, to]. */
export interface BrokenSpan {
  from: number;
  to: number;
}

export interface Coverage {
  /** From now on lines are heard. */
  listen(nowMs: number): void;
  /** A line of the gateway about a request that arrived at `atMs`. */
  addLine(line: { atMs: number; isUser: boolean }, nowMs: number): void;
  addProbe(probe: { flow: string; ok: boolean; atMs: number }): void;
  addLoss(loss: LineLoss): void;
  /** Requests that the gateway is known to have dropped without a line, lately. */
  addUnanswered(requests: number, nowMs: number): void;
  /** Ends the slices that are over. */
  close(nowMs: number): void;
  changes(): CoverageChange[];
  broken(): BrokenSpan | null;
  /** Since the start. */
  closedSlices(): { complete: number; incomplete: number };
  /** Everything told so far is written. */
  clear(): void;
}

/** Slices that wait for a history that cannot be written; older ones are then not known of. */
const slicesMax = 8640;

/**
 * A slice is complete when we listened all the time, no line of it was lost, and the gateway was seen alive in it: by
 * any line, and our own probes see to it that there is one.
 */
export function createCoverage(startedAtMs: number): Coverage {
  const pending = new Map<number, CoverageChange>();
  const alive = new Set<number>();
  const broken = new Set<number>();
  let span: BrokenSpan | null = null;
  const closed = { complete: 0, incomplete: 0 };
  let listeningSinceMs = Number.POSITIVE_INFINITY;
  /** The first slice that has not ended. */
  let open = toSlice(startedAtMs);

  const changeOf = (at: number): CoverageChange => {
    const known = pending.get(at);
    if (known !== undefined) return known;
    const [oldest] = pending.keys();
    if (pending.size >= slicesMax && oldest !== undefined) pending.delete(oldest);
    const change = { at, complete: false, linesLost: 0, requests: 0, unanswered: 0, probes: new Map() };
    pending.set(at, change);
    return change;
  };
  const end = (at: number) => {
    const isWhole = at * 1000 >= listeningSinceMs && alive.has(at) && !broken.has(at);
    changeOf(at).complete = isWhole;
    closed[isWhole ? 'complete' : 'incomplete'] += 1;
    alive.delete(at);
    broken.delete(at);
  };

  return {
    listen(nowMs) {
      listeningSinceMs = nowMs;
    },
    addLine({ atMs, isUser }, nowMs) {
      const at = toSlice(atMs);
      if (at >= open) alive.add(at);
      alive.add(Math.max(open, toSlice(nowMs)));
      if (isUser) changeOf(at).requests += 1;
    },
    addProbe({ flow, ok, atMs }) {
      const { probes } = changeOf(toSlice(atMs));
      const counts = probes.get(flow) ?? { good: 0, bad: 0 };
      probes.set(flow, counts);
      counts[ok ? 'good' : 'bad'] += 1;
    },
    addLoss({ lines, fromMs, toMs }) {
      const from = toSlice(fromMs);
      const to = toSlice(toMs);
      changeOf(to).linesLost += lines;
      span = { from: Math.min(from, span?.from ?? from), to: Math.max(to, span?.to ?? to) };
      for (let at = Math.max(open, from); at <= to; at += bucketSeconds) broken.add(at);
    },
    addUnanswered(requests, nowMs) {
      if (requests > 0) changeOf(toSlice(nowMs)).unanswered += requests;
    },
    close(nowMs) {
      const current = toSlice(nowMs);
      open = Math.max(open, current - slicesMax * bucketSeconds);
      for (; open < current; open += bucketSeconds) end(open);
      // So that also a slice in which we die is known to be one that is not whole.
      changeOf(current);
    },
    changes: () => [...pending.values()],
    broken: () => span,
    closedSlices: () => closed,
    clear() {
      pending.clear();
      span = null;
    },
  };
}
