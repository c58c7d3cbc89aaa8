/** How busy a stamp's required components were last seen, to decide how often they are asked. */
export interface Pace {
  /** When `requests` was taken, on the agent's monotonic clock; null before the first complete round. */
  at: number | null;
  /** Answered by all of them together, since their starts. */
  requests: number;
  /** Users may be waiting until then. */
  busyUntil: number;
}

/** Probes from outside are fewer; users who are fewer than this in a second wait for each other hardly ever. */
const quietRequestsPerSecond = 2;
const busyForMs = 10_000;

export const firstPace: Pace = { at: null, requests: 0, busyUntil: -Infinity };

/**
 * After each round, from what each required component told of its requests; undefined: it told nothing, or was not ready. Only what
 * is known to be quiet is.
 */
export function decidePace(before: Pace, told: readonly (number | undefined)[], at: number): Pace {
  const requests = told.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const more = requests - before.requests;
  const isFew = before.at !== null && more <= Math.max(1, (quietRequestsPerSecond * (at - before.at)) / 1000);
  // Fewer than before: one of them is another process now.
  const isQuiet = !told.includes(undefined) && more >= 0 && isFew;
  return { at, requests, busyUntil: isQuiet ? before.busyUntil : at + busyForMs };
}
