const beatMs = { busy: 1000, quiet: 3000 };

/**
 * Until the next beat of this process: everything that a worker does from time to time is done at one instant, because to wake up
 * costs more than the work. Workers do not beat together: each counts from its own start.
 */
export function msToNextBeat(isQuiet: boolean): number {
  const everyMs = isQuiet ? beatMs.quiet : beatMs.busy;
  return everyMs - (performance.now() % everyMs);
}
