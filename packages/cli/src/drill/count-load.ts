import type { DrillLoad } from '@alwayson/protocol/drills.ts';

/** One request of a drill's load. */
export interface DrillRequest {
  isWrite: boolean;
  /** Unix ms of its answer, or of when it was given up. */
  endedAt: number;
  /** Null without an answer. */
  status: number | null;
  /** Where an accepted write must be found. */
  location: string | null;
}

export interface DrillOutcome {
  requests: readonly DrillRequest[];
  /** Locations that were found afterwards. */
  found: ReadonlySet<string>;
  /** Unix ms of a restore's target; null for other modes. */
  target: number | null;
}

/** What people would have felt. */
export function countLoad({ requests, found, target }: DrillOutcome): DrillLoad {
  const acknowledged = requests.filter(isAcknowledged);
  const gone = acknowledged.filter(({ location }) => location === null || !found.has(location));
  const isUndone = ({ endedAt }: DrillRequest) => target !== null && endedAt >= target;
  return {
    requests: requests.length,
    failedRequests: requests.filter(({ status }) => status === null || status >= 500).length,
    writes: requests.filter(({ isWrite }) => isWrite).length,
    acknowledged: acknowledged.length,
    lost: gone.filter((request) => !isUndone(request)).length,
    undone: gone.filter(isUndone).length,
    longestWriteGapMs: findLongestGap(acknowledged.map(({ endedAt }) => endedAt)),
  };
}

export function isAcknowledged({ isWrite, status, location }: DrillRequest): boolean {
  return isWrite && (status === 201 || status === 202) && location !== null;
}

function findLongestGap(times: readonly number[]): number | null {
  const sorted = times.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
  return gaps.length === 0 ? null : Math.max(...gaps);
}
