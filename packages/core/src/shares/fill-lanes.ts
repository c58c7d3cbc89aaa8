export interface FillStamp {
  id: string;
  region: string;
  /** `good` serves; `reserve` is bad or held down, and gets what nobody else can carry; `last` cannot be reached; `never` is off. */
  tier: 'good' | 'reserve' | 'last' | 'never';
  capacity: number;
  /** Part of its fair amount, of good stamps: less than 1 while in trial or slow start. */
  factor: number;
  isDegraded: boolean;
  /** Part of its recent requests that were good. */
  success: number;
  /** Of the release that is on its way in. */
  isCandidate: boolean;
}

export interface FillGateway {
  region: string;
  /** Requests per second of its clients. */
  demand: number;
  /** Part of them that is for the candidate's stamps; null without a rollout: then all stamps are alike. */
  part: number | null;
}

/** Of what a gateway is asked for, what goes to one release; without a rollout all of it. */
export interface Lane {
  region: string;
  /** Requests per second that are still to be given to somebody. */
  left: number;
  /** Whom it is for. */
  takes: readonly FillStamp[];
  /** Who gets what those cannot take. */
  spills: readonly FillStamp[];
  /** Both. Lanes with the same stamps have the same list. */
  reach: readonly FillStamp[];
}

/** The next minute may ask for a little more than the last. */
export const headroom = 1.1;
/** A pool without demand is judged as if a little came: who would get it is decided all the same. */
const demandMin = 1;

/**
 * A candidate with part 0 gets nothing as long as anybody else is good, however full the others are: before its first step nobody
 * knows it, and on its way back it is known to be bad.
 */
export function toLanes(stamps: readonly FillStamp[], gateways: readonly FillGateway[]): Lane[] {
  const candidates = stamps.filter(({ isCandidate }) => isCandidate);
  const others = stamps.filter(({ isCandidate }) => !isCandidate);
  const none: FillStamp[] = [];
  const isAlone = candidates.length === 0 || others.length === 0;
  return gateways.flatMap(({ region, demand, part }): Lane[] => {
    const left = Math.max(demand * headroom, demandMin);
    if (part === null || isAlone) return [{ region, left, takes: stamps, spills: none, reach: stamps }];
    const isClosed = part === 0 && others.some(({ tier }) => tier === 'good');
    const rest = isClosed ? { spills: none, reach: others } : { spills: candidates, reach: stamps };
    return [
      { region, left: left * part, takes: candidates, spills: others, reach: stamps },
      { region, left: left * (1 - part), takes: others, ...rest },
    ].filter((lane) => lane.left > 0);
  });
}
