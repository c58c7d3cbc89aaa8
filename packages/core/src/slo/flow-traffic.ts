import type { RequestCounts } from './count-window.ts';
import type { SpanSummary } from './summarize-span.ts';

/** By start of slice, in seconds since the epoch. */
type BySlice<T> = ReadonlyMap<number, T>;

export interface SliceCoverage {
  readonly complete: boolean;
  readonly linesLost: number;
}

export interface ProbeCounts {
  readonly good: number;
  readonly bad: number;
}

/** What one region's gateway and observer told of one flow. A slice that is not there was not observed. */
export interface RegionTraffic {
  readonly counts: BySlice<RequestCounts>;
  readonly coverage: BySlice<SliceCoverage>;
  /** Of the front door, from this region's observer: they do not tell which gateway answered. */
  readonly probes: BySlice<ProbeCounts>;
}

/** Everything that is known of one flow, or of all flows in one sum. */
export interface FlowTraffic {
  /** All that have a gateway, so that one whose observer is silent is missed. */
  readonly regions: readonly RegionTraffic[];
  /**
   * Sums of closed clock hours, by their start; the first may start within its hour. They stand in for slices that are not kept
   * any more.
   */
  readonly hours: BySlice<SpanSummary>;
}
