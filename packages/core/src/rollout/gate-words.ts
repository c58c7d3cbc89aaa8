/** `5,890` */
export function toCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `(chance 4e-9)`: how likely it is that nothing is wrong and it only looks so. */
export function toChanceWords(chance: number): string {
  return chance < 1e-12 ? '(chance below 1e-12)' : `(chance ${chance.toExponential(0)})`;
}

/** `4.2 ms`, `91 ms` */
export function toMs(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : toCount(ms)} ms`;
}

/** `5.2 s` */
export function toSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
