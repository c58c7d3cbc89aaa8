/** 99.9 % is 0.999; a plain division ends in 0.9990000000000001, which people would read. */
export function toRatio(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}
