const firstMs = 500;
const mostMs = 10_000;

/** Wait before attempt `attempt` (0 is the first after a loss): doubling, bounded, 20 % spread by `random` (0..1). */
export function backoffMs(attempt: number, random: number): number {
  const base = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.8 + 0.4 * random));
}
