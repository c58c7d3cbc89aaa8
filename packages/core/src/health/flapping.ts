import { healthy } from './state-code.ts';

/** Changes of one signal that are not long ago; kept for those signals only that changed. */
export interface Flaps {
  /** When it last said something new, newest first, and what it had said before each of these. */
  at: number[];
  from: number[];
  /** The state that it is held in while it flaps; healthy when it does not. */
  held: number;
}

/** So many changes in this time are flapping; the worst is held until it was quiet for a while. */
const flipsToFlap = 4;
const flapWindowMs = 600_000;
export const flapQuietMs = 300_000;

/** Notes that a signal says something new. */
export function noteFlip(flaps: Flaps | undefined, from: number, now: number): Flaps {
  const at = [now, ...(flaps?.at ?? [])].slice(0, flipsToFlap);
  const states = [from, ...(flaps?.from ?? [])].slice(0, flipsToFlap);
  const isFlapping = at.length === flipsToFlap && now - (at.at(-1) ?? 0) <= flapWindowMs;
  return {
    at,
    from: states,
    held: isFlapping ? Math.max(flaps?.held ?? healthy, ...states) : (flaps?.held ?? healthy),
  };
}

/** What is left of it now; undefined when all of it is long ago. */
export function settleFlaps(flaps: Flaps, said: number, now: number): Flaps | undefined {
  const quietMs = now - (flaps.at[0] ?? 0);
  if (quietMs > flapWindowMs) return undefined;
  if (flaps.held === healthy) return flaps;
  const held = quietMs >= flapQuietMs ? healthy : Math.max(flaps.held, said);
  return held === flaps.held ? flaps : { ...flaps, held };
}
