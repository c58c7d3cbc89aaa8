const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** `1h`, `90m`, `28d`: whole seconds in the largest unit that says them exactly. */
export function toDurationShorthand(seconds: number): string {
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

/** The seconds of `1h`, `90m`, `28d`. */
export function fromDurationShorthand(text: string): number {
  const [, count, unit] = /^(\d+)([dhms])$/.exec(text) ?? [];
  const size = units.find(([name]) => name === unit)?.[1];
  if (size === undefined) throw new Error(`${text} is no duration such as 5m or 28d.`);
  return Number(count) * size;
}
