import { countSamples, createHistogram } from '@alwayson/protocol/latency-histogram.ts';

export type GateSide = 'candidate' | 'live';

/** Requests of one flow to the stamps of one side in one region. */
export interface GateRequests {
  side: GateSide;
  /** Of the stamps. */
  region: string;
  flow: string;
  good: number;
  bad: number;
  /** Counts by `latencyBoundsMs` and one above. */
  latency: readonly number[];
  /** Their milliseconds summed up, by the same buckets. */
  sumsMs: readonly number[];
}

export interface GateCell extends GateRequests {
  /** `latency` as it was once: with at most half of the requests, and later with more. */
  marks: readonly [readonly number[], readonly number[]];
}

/** Adds to the cell of the same side, region and flow. */
export function addToCells(cells: readonly GateCell[], added: GateRequests): GateCell[] {
  const index = cells.findIndex((cell) => isSame(cell, added));
  const known = cells[index];
  return known === undefined
    ? [...cells, grow(toEmpty(added), added)]
    : cells.with(index, grow(known, added));
}

/** The newer part of the latencies: between half and three quarters of all. What was only at the beginning is not in it. */
export function toRecent({ latency, marks: [older] }: GateCell): number[] {
  return latency.map((count, bucket) => count - (older[bucket] ?? 0));
}

function isSame(cell: GateRequests, { side, region, flow }: GateRequests): boolean {
  return cell.side === side && cell.region === region && cell.flow === flow;
}

function toEmpty({ side, region, flow }: GateRequests): GateCell {
  const marks: GateCell['marks'] = [createHistogram(), createHistogram()];
  const [latency, sumsMs] = [createHistogram(), createHistogram()];
  return { side, region, flow, good: 0, bad: 0, latency, sumsMs, marks };
}

function grow(cell: GateCell, added: GateRequests): GateCell {
  const latency = addUp(cell.latency, added.latency);
  const newer = cell.marks[1];
  const isDouble = countSamples(latency) >= 2 * countSamples(newer);
  const marks: GateCell['marks'] = isDouble ? [newer, latency] : cell.marks;
  const sumsMs = addUp(cell.sumsMs, added.sumsMs);
  return { ...cell, good: cell.good + added.good, bad: cell.bad + added.bad, latency, sumsMs, marks };
}

/** Bucket by bucket. */
export function addUp(one: readonly number[], two: readonly number[]): number[] {
  return one.map((count, bucket) => count + (two[bucket] ?? 0));
}
