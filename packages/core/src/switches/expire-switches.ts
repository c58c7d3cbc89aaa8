import type { Switch } from '@alwayson/protocol/switches.ts';
import { isThere, type SwitchEstate } from './switch-scope.ts';

export interface ExpiredSwitches {
  kept: Switch[];
  /** `expired`: its time is over. `gone`: what it named is no longer there. */
  ended: { item: Switch; why: 'expired' | 'gone' }[];
}

export function isEnded({ until }: Switch, nowMs: number): boolean {
  return until !== undefined && Date.parse(until) <= nowMs;
}

/** Parts the switches that are still meant from those that ended by themselves. */
export function expireSwitches(
  switches: readonly Switch[],
  estate: SwitchEstate,
  nowMs: number,
): ExpiredSwitches {
  const result: ExpiredSwitches = { kept: [], ended: [] };
  for (const item of switches) {
    if (isEnded(item, nowMs)) result.ended.push({ item, why: 'expired' });
    else if (!isThere(item.target, estate)) result.ended.push({ item, why: 'gone' });
    else result.kept.push(item);
  }
  return result;
}
