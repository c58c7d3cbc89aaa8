/** One look of the writer at one of the others. Times in ms. */
export interface LagLook {
  /** On any clock that only goes forward. */
  at: number;
  /** It receives and confirms. */
  isAttached: boolean;
  /** Not yet confirmed. */
  bytes: number | null;
  /** How long the last confirmed write took to be confirmed; null when there was none lately. */
  confirmMs: number | null;
}

/** How far behind in time one of the others was, look after look; the newest last. Plain JSON. */
export interface LagHistory {
  /** When it held everything, as far as is known. */
  coveredAt: number;
  samples: readonly number[];
}

/** Ten minutes of a look each second. */
const samplesMax = 600;

export interface LagFigures {
  /** Of the last look; the others over the looks of the last ten minutes. */
  ms: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * What would be lost, in time, if the writer were lost at that look: of one that confirms how long that takes, of one that does not how
 * long ago it did. Undefined until it has confirmed for the first time: a copy that is being made is behind nobody.
 */
export function noteLag(before: LagHistory | undefined, look: LagLook): LagHistory | undefined {
  const { at, isAttached, bytes, confirmMs } = look;
  const isCurrent = isAttached && (bytes === 0 || confirmMs !== null);
  if (!isCurrent) return before && take(before.coveredAt, before, at - before.coveredAt);
  const ms = confirmMs ?? 0;
  return take(at - ms, before, ms);
}

function take(coveredAt: number, before: LagHistory | undefined, ms: number): LagHistory {
  return { coveredAt, samples: [...(before?.samples ?? []), ms].slice(-samplesMax) };
}

/** A history never changes and is asked for several times a second: sorted once. */
const known = new WeakMap<LagHistory, LagFigures>();

export function summarizeLag(history: LagHistory): LagFigures {
  const figures = known.get(history) ?? summarize(history);
  known.set(history, figures);
  return figures;
}

function summarize({ samples }: LagHistory): LagFigures {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { ms: samples.at(-1) ?? 0, p50Ms: at(0.5), p99Ms: at(0.99) };
}
