/** Availabilities and shares are 0..1. */
export interface Redundancy {
  /** Of `instances`, those that carry the load. */
  needed: number;
  instances: number;
  /** Part of an instance's failures that takes all of them (beta factor). */
  commonCause: number;
}

/** Everything is needed: the product. */
export function toSerial(availabilities: readonly number[]): number {
  return availabilities.reduce((product, availability) => product * availability, 1);
}

/**
 * `needed` of `instances` that stand in for each other. Of one's unavailability u, beta u is shared by all and the rest is its own:
 * for one of two U = ((1 - beta) u)^2 + beta u. Fewer than needed can never carry the load.
 */
export function toRedundant(availability: number, { needed, instances, commonCause }: Redundancy): number {
  if (instances < needed) return 0;
  const unavailability = 1 - availability;
  const own = (1 - commonCause) * unavailability;
  let tooFew = 0;
  for (let alive = 0; alive < needed; alive += 1) {
    tooFew += countChoices(instances, alive) * (1 - own) ** alive * own ** (instances - alive);
  }
  return 1 - (tooFew + commonCause * unavailability);
}

function countChoices(of: number, chosen: number): number {
  let count = 1;
  for (let index = 1; index <= chosen; index += 1) count = (count * (of - chosen + index)) / index;
  return count;
}
