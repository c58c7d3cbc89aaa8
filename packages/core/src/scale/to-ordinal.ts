const words = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'];

/** `second` for 2. */
export function toOrdinal(count: number): string {
  return words[count - 1] ?? `${count}th`;
}
