import type { RouteStamp } from '@alwayson/protocol/routes.ts';
import type { Switch } from '@alwayson/protocol/switches.ts';
import { isEnded } from './expire-switches.ts';
import { isInside, namesInside, type SwitchEstate, type SwitchStamp } from './switch-scope.ts';

export type SwitchedState = RouteStamp['state'];

export interface SwitchedStamp {
  state: SwitchedState;
  /** The switch that decides; undefined when `ready`. */
  by?: Switch;
}

/** What operators want, at one moment. */
export interface SwitchState {
  /** One entry for every stamp of the estate. */
  stamps: ReadonlyMap<string, SwitchedStamp>;
  /** Names of everything that is under maintenance: what was named, and all that stands inside it. */
  maintenance: ReadonlySet<string>;
}

/**
 * What the switches mean for every stamp at `nowMs`. The strongest that covers a stamp decides, the first set among equals. One that
 * has ended counts no more, also before it is taken off the record.
 */
export function applySwitches(switches: readonly Switch[], estate: SwitchEstate, nowMs: number): SwitchState {
  const active = switches.filter((item) => !isEnded(item, nowMs));
  const marks = active.filter(({ action }) => action === 'maintenance');
  return {
    stamps: new Map(estate.stamps.map((stamp) => [stamp.id, decideStamp(stamp, active)])),
    maintenance: new Set(marks.flatMap(({ target }) => namesInside(target, estate))),
  };
}

function decideStamp(stamp: SwitchStamp, active: readonly Switch[]): SwitchedStamp {
  const covering = active.filter(({ target }) => isInside(stamp, target));
  for (const state of ['off', 'drain'] as const) {
    const by = covering.find((item) => toStampState(item) === state);
    if (by !== undefined) return { state, by };
  }
  return { state: 'ready' };
}

/** Maintenance takes a place's stamps out of use (health.md 3.4), but of the whole workload it can only be a mark. */
function toStampState({ action, target }: Switch): SwitchedState {
  if (action !== 'maintenance') return action;
  return target.kind === 'workload' ? 'ready' : 'drain';
}
