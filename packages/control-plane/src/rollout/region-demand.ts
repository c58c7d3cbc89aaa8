import type { Observation } from '@alwayson/protocol/observation.ts';

/** The window of `FlowCounters.recent`. */
const windowSeconds = 60;

/** Requests per second that a region's gateway was asked for in the last minute. */
export function toRegionDemand(observations: readonly Observation[], region: string): number {
  const flows = observations.filter((seen) => seen.region === region).flatMap((seen) => seen.flows);
  return flows.reduce((sum, { recent }) => sum + recent.good + recent.bad, 0) / windowSeconds;
}
