const firstMs = 100;
const mostMs = 10_000;

/** Delays between restarts in ms: none before the first, then 100 ms doubling up to 10 s, each shortened by up to half at random. */
export function createBackoff(random: () => number = Math.random) {
  let failures = 0;
  return {
    next(): number {
      failures += 1;
      if (failures === 1) return 0;
      const delayMs = Math.min(firstMs * 2 ** (failures - 2), mostMs);
      return delayMs * (1 - random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}
