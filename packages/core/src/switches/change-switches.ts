import type { Switch, SwitchTarget } from '@alwayson/protocol/switches.ts';

export interface SwitchChange {
  /** The same list when there is nothing to change. */
  next: readonly Switch[];
  /** What stood in that place before. */
  before: Switch | undefined;
}

/** A target has one place for traffic (`off` or `drain`) and one for maintenance. */
export type SwitchPlace = 'traffic' | 'maintenance';

function placeOf({ action }: Pick<Switch, 'action'>): SwitchPlace {
  return action === 'maintenance' ? 'maintenance' : 'traffic';
}

export function isSameTarget(left: SwitchTarget, right: SwitchTarget): boolean {
  return left.kind === right.kind && left.name === right.name;
}

/**
 * Sets a switch, or changes the one in its place: that keeps its id, and with the same action also `since`. Asking for what is so
 * already changes nothing.
 */
export function setSwitch(switches: readonly Switch[], wanted: Switch): SwitchChange {
  const before = findSwitch(switches, wanted.target, placeOf(wanted));
  if (before === undefined) return { next: [...switches, wanted], before };
  const since = before.action === wanted.action ? before.since : wanted.since;
  const changed: Switch = { ...wanted, id: before.id, since };
  if (saysTheSame(before, changed)) return { next: switches, before };
  return { next: switches.map((item) => (item === before ? changed : item)), before };
}

export function endSwitch(
  switches: readonly Switch[],
  target: SwitchTarget,
  place: SwitchPlace,
): SwitchChange {
  const before = findSwitch(switches, target, place);
  return { next: before === undefined ? switches : switches.filter((item) => item !== before), before };
}

function findSwitch(switches: readonly Switch[], target: SwitchTarget, place: SwitchPlace) {
  return switches.find((item) => isSameTarget(item.target, target) && placeOf(item) === place);
}

/** Repeating an order with `override`, or without it, does not make it another one. */
function saysTheSame(left: Switch, right: Switch): boolean {
  const times = [left, right].map(({ until }) => (until === undefined ? undefined : Date.parse(until)));
  return (
    left.action === right.action &&
    left.reason === right.reason &&
    left.owner === right.owner &&
    times[0] === times[1]
  );
}
