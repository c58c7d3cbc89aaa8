import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import { unclaimedFlow } from '@alwayson/engines/haproxy/request-variables.ts';
import type { TrafficCause } from '@alwayson/protocol/traffic.ts';
import { classifyLine, isStamp, type Outcome, outcomes } from './classify-line.ts';

/** A user's request as it is counted. */
export interface CountedRequest {
  /** When it arrived at the gateway. */
  atMs: number;
  flow: string;
  /** Empty when none was reached. */
  stamp: string;
  status: number;
  cause: TrafficCause;
  outcome: Outcome;
  /** What the user waited. */
  totalMs: number;
  /** Of it, what the stamp that answered took: a request that first hung at a frozen one speaks for nobody else's slowness. */
  stampMs: number;
}

export interface CountedFlow {
  name: string;
  latencyObjectiveMs: number;
}

const unclaimedObjectiveMs = 1000;
/** No request takes longer; what claims to be older, or to come from the future, counts as now. */
const ageMaxMs = 2 * 3_600_000;

/** Reads lines as requests of the given flows; what belongs to none of them is of `unclaimedFlow`. */
export function createRequestReader(flows: readonly CountedFlow[]) {
  const objectives = new Map(flows.map(({ name, latencyObjectiveMs }) => [name, latencyObjectiveMs]));
  return (line: GatewayLine, nowMs: number): CountedRequest => {
    const objective = objectives.get(line.flow);
    const cause = classifyLine(line, objective ?? unclaimedObjectiveMs);
    return {
      atMs: toArrivalMs(line, nowMs),
      flow: objective === undefined ? unclaimedFlow : line.flow,
      stamp: isStamp(line.stamp) ? line.stamp : '',
      status: line.status,
      cause,
      outcome: outcomes[cause],
      totalMs: line.totalMs,
      stampMs: line.retries > 0 && line.responseMs >= 0 ? line.responseMs : line.totalMs,
    };
  };
}

export function toArrivalMs({ at }: GatewayLine, nowMs: number): number {
  return at < nowMs - ageMaxMs || at > nowMs ? nowMs : at;
}

/** The release of a stamp: the last part of its id. */
export function toRelease(stamp: string): string {
  return stamp.slice(stamp.lastIndexOf('-') + 1);
}
