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
  /** `latency` piece by piece, in the order of time. */
  pieces: readonly (readonly number[])[];
}

/** Requests of a piece, when there are so few. */
const pieceMin = 10;
const piecesMax = 16;

/** Adds to the cell of the same side, region and flow. */
export function addToCells(cells: readonly GateCell[], added: GateRequests): GateCell[] {
  const index = cells.findIndex((cell) => isSame(cell, added));
  const known = cells[index];
  return known === undefined
    ? [...cells, grow(toEmpty(added), added)]
    : cells.with(index, grow(known, added));
}

function isSame(cell: GateRequests, { side, region, flow }: GateRequests): boolean {
  return cell.side === side && cell.region === region && cell.flow === flow;
}

function toEmpty({ side, region, flow }: GateRequests): GateCell {
  const [latency, sumsMs] = [createHistogram(), createHistogram()];
  return { side, region, flow, good: 0, bad: 0, latency, sumsMs, pieces: [] };
}

function grow(cell: GateCell, added: GateRequests): GateCell {
  const latency = addUp(cell.latency, added.latency);
  const pieces = addPiece(cell.pieces, added.latency, countSamples(latency));
  const sumsMs = addUp(cell.sumsMs, added.sumsMs);
  return { ...cell, good: cell.good + added.good, bad: cell.bad + added.bad, latency, sumsMs, pieces };
}

/** What came with one look is never divided; small pieces grow, and two become one when there are too many. */
function addPiece(pieces: GateCell['pieces'], added: readonly number[], total: number): GateCell['pieces'] {
  if (countSamples(added) === 0) return pieces;
  const last = pieces.at(-1);
  const isOpen = last !== undefined && countSamples(last) < Math.max(pieceMin, total / piecesMax);
  const more = isOpen ? [...pieces.slice(0, -1), addUp(last, added)] : [...pieces, added];
  if (more.length <= piecesMax) return more;
  return more.flatMap((piece, index) => (index % 2 === 0 ? [addUp(piece, more[index + 1] ?? [])] : []));
}

/** Bucket by bucket. */
export function addUp(one: readonly number[], two: readonly number[]): number[] {
  return one.map((count, bucket) => count + (two[bucket] ?? 0));
}
