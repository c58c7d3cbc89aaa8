export interface ScheduleFacts {
  /** Unix ms of the first moment of the schedule that was not dealt with yet. */
  dueAt: number;
  now: number;
  /** The database is being moved, or a drill runs. */
  isBusy: boolean;
}

/** What was due longer ago, while nobody looked, is left out: a drill in the middle of the day is not what was wanted. */
const lateMsMax = 3_600_000;

/** Whether a scheduled drill begins now. `skip`: its moment has passed. */
export function decideDrill({ dueAt, now, isBusy }: ScheduleFacts): 'wait' | 'run' | 'skip' {
  if (dueAt > now) return 'wait';
  if (now - dueAt > lateMsMax) return 'skip';
  return isBusy ? 'wait' : 'run';
}
