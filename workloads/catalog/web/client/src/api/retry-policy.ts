/** What came of one attempt: the status of the answer, or `lost` when there was none (network, timeout). */
export interface AttemptOutcome {
  /** 1 for the first attempt. */
  attempt: number;
  outcome: number | 'lost';
  /** The `Retry-After` header, if the answer had one. */
  retryAfter: string | null;
}

export const attemptsMax = 5;
const firstDelayMs = 250;
/** A server that asks for more patience than this gets none from us: the visitor decides. */
const retryAfterMsMax = 8_000;
const worthRetrying: readonly (number | 'lost')[] = ['lost', 429, 502, 503, 504];

/** Reads `Retry-After`: whole seconds or an HTTP date. Null when it is absent or unreadable. */
function toDelayMs(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null || retryAfter.trim() === '') return null;
  const seconds = Number(retryAfter);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * Milliseconds to wait before the next attempt, or null to give up. Doubling delays with jitter (`random` is 0..1), so
 * that many browsers do not come back in step; never sooner than the server asked.
 */
export function decideRetry(last: AttemptOutcome, now: number, random: number): number | null {
  if (last.attempt >= attemptsMax || !worthRetrying.includes(last.outcome)) return null;
  const backoffMs = firstDelayMs * 2 ** (last.attempt - 1) * (0.5 + random / 2);
  const askedMs = toDelayMs(last.retryAfter, now);
  if (askedMs === null) return backoffMs;
  return askedMs > retryAfterMsMax ? null : Math.max(askedMs, backoffMs);
}
