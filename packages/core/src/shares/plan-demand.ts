import type { FlowDemand } from './share-evidence.ts';
import { toPairKey } from './pair-key.ts';

/** Requests per second, by `gateway flow`. */
export interface DemandMemory {
  smoothed: Readonly<Record<string, number>>;
  /** What is planned with: it follows only when the smoothed value has clearly left it. */
  planned: Readonly<Record<string, number>>;
}

/** More is believed soon, less slowly: capacity that was just needed may be needed again. */
const riseMs = 5000;
const decayMs = 60_000;
const forgottenBelow = 0.01;
/** Demand that hovers around a capacity must not move traffic to and fro. */
const planBand = { from: 0.94, to: 1.03 };

/** No evidence at all is no evidence of no demand: then the last values stay. */
export function planDemand(
  before: DemandMemory,
  measured: readonly FlowDemand[],
  elapsedMs: number | null,
): DemandMemory {
  if (measured.length === 0) return before;
  const smoothed = smooth(before.smoothed, measured, elapsedMs);
  const planned = Object.entries(smoothed).map(([key, value]): [string, number] => {
    const plan = before.planned[key] ?? 0;
    return [key, value > plan * planBand.to || value < plan * planBand.from ? value : plan];
  });
  return { smoothed, planned: Object.fromEntries(planned) };
}

function smooth(
  before: DemandMemory['smoothed'],
  measured: readonly FlowDemand[],
  elapsedMs: number | null,
): Record<string, number> {
  const now = new Map<string, number>();
  for (const { gateway, flow, requestsPerSecond } of measured) {
    const key = toPairKey(gateway, flow);
    now.set(key, (now.get(key) ?? 0) + requestsPerSecond);
  }
  if (elapsedMs === null) return Object.fromEntries(now);
  const keys = new Set([...Object.keys(before), ...now.keys()]);
  const smoothed = [...keys].map((key): [string, number] => {
    const was = before[key] ?? 0;
    const is = now.get(key) ?? 0;
    const part = 1 - Math.exp(-elapsedMs / (is > was ? riseMs : decayMs));
    return [key, was + (is - was) * part];
  });
  return Object.fromEntries(smoothed.filter(([, value]) => value >= forgottenBelow));
}
