const beatMs = 1000;

/**
 * Until the next beat of this process: everything that a worker does each second is done at one instant, because to wake up
 * costs more than the work. Workers do not beat together: each counts from its own start.
 */
export function msToNextBeat(): number {
  return beatMs - (performance.now() % beatMs);
}
