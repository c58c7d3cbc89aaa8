import { findTarget, type SwitchEstate } from '@alwayson/core/switches/switch-scope.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { SwitchTarget, SwitchTargetRequest } from '@alwayson/protocol/switches.ts';

/** What a request means by its target. Throws AON_NOT_FOUND with the names there are, or AON_USAGE without a name. */
export function resolveSwitchTarget({ kind, name }: SwitchTargetRequest, estate: SwitchEstate): SwitchTarget {
  if (name === undefined) {
    if (kind === 'workload') return { kind, name: estate.workload };
    throw new AlwaysOnError('AON_USAGE', 'The target of a switch needs a name.');
  }
  const target = findTarget({ kind, name }, estate);
  if (target !== undefined) return target;
  const known = {
    stamp: estate.stamps.map(({ id }) => id),
    zone: estate.zones.map((zone) => zone.name),
    region: [...new Set(estate.zones.map(({ region }) => region))],
    workload: [estate.workload],
  };
  const what = kind ?? 'region, zone, stamp or workload';
  const names = kind === undefined ? Object.values(known).flat() : known[kind];
  throw new AlwaysOnError('AON_NOT_FOUND', `No ${what} is called ${name}. Known: ${names.join(', ')}.`);
}
