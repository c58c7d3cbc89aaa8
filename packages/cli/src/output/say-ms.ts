/** A measured time: in ms as long as that is what people compare, then in seconds. */
export function sayMs(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
