/** How busy a stamp's required components were lately, to decide how often they are asked. */
export interface Pace {
  /** Since when requests are counted, on the agent's monotonic clock, and how many all of them together had answered then. */
  since: number;
  requests: number;
  /** Users may be waiting until then. */
  busyUntil: number;
}

const windowMs = 5000;
/** Probes from outside are fewer; users who are fewer hardly ever meet. */
const quietRequests = 10;
const busyForMs = 10_000;

export const firstPace: Pace = { since: -Infinity, requests: 0, busyUntil: -Infinity };

/**
 * After each round, from what each required component told of its requests; undefined: it told nothing, or was not ready. Only what
 * is known to be quiet is.
 */
export function decidePace(before: Pace, told: readonly (number | undefined)[], at: number): Pace {
  const requests = told.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const more = requests - before.requests;
  const isFirst = before.since === -Infinity;
  // Fewer than before: one of them is another process now.
  if (isFirst || told.includes(undefined) || more < 0 || more > quietRequests)
    return { since: at, requests, busyUntil: at + busyForMs };
  return at - before.since < windowMs ? before : { ...before, since: at, requests };
}
