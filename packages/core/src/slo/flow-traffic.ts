import type { RequestCounts } from './count-window.ts';

/** By start of slice, in seconds since the epoch. */
type BySlice<T> = ReadonlyMap<number, T>;

export interface SliceCoverage {
  readonly complete: boolean;
  readonly linesLost: number;
  /** Requests that the gateway dropped without a word, of whichever flow. */
  readonly unanswered: number;
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

/** What a span of time comes to. Sums of spans that meet at a whole minute are the sum of the whole. */
export interface SpanSummary {
  readonly counts: RequestCounts;
  readonly slices: number;
  /** In the order of the traffic's regions. */
  readonly regions: readonly RegionSummary[];
  readonly minutes: MinuteSummary;
}

export interface RegionSummary {
  readonly requests: number;
  /** Slices that told of anything: complete ones, and those of which a part arrived. */
  readonly told: number;
  readonly complete: number;
  /** Slices in which the gateway was silent and a probe failed. */
  readonly failed: number;
  /** The other slices that are not complete, and the log lines known to be lost in them. */
  readonly unknown: number;
  readonly linesLost: number;
  /** In all slices. */
  readonly unanswered: number;
}

export interface MinuteSummary {
  readonly up: number;
  readonly down: number;
  /** Not known to be down, and the telemetry is not complete. */
  readonly unknown: number;
  /** Known, and nobody asked. */
  readonly idle: number;
  /** Over minutes that are up or down, the sum of their good parts. */
  readonly ratios: number;
}
