import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Status } from '@alwayson/protocol/status.ts';

/** What a name given to `kill` or `revive` means. */
export type Target =
  | { kind: 'unit'; name: string; units: { zone: string; unit: string }[] }
  | { kind: 'stamp'; name: string; units: { zone: string; unit: string }[] }
  | { kind: 'zone'; name: string; zones: string[] }
  | { kind: 'region'; name: string; zones: string[] };

/** Finds the unit, stamp, zone or region of that name. Throws AON_NOT_FOUND with the names that come near. */
export function resolveTarget(status: Status, name: string): Target {
  const region = status.regions.find((candidate) => candidate.name === name);
  if (region !== undefined) return { kind: 'region', name, zones: region.zones.map((zone) => zone.name) };
  const zones = [...status.regions.flatMap((candidate) => candidate.zones), status.witness];
  if (zones.some((zone) => zone.name === name)) return { kind: 'zone', name, zones: [name] };
  const placed = zones.flatMap((zone) => zone.units.map((unit) => ({ zone: zone.name, unit })));
  if (status.stamps.some((stamp) => stamp.id === name)) {
    const own = placed.filter(({ unit }) => unit.stamp === name);
    return { kind: 'stamp', name, units: own.map(({ zone, unit }) => ({ zone, unit: unit.id })) };
  }
  const found = placed.filter(({ unit }) => unit.id === name);
  if (found.length > 0) {
    return { kind: 'unit', name, units: found.map(({ zone, unit }) => ({ zone, unit: unit.id })) };
  }
  const known = [...status.regions, ...zones, ...status.stamps.map(({ id }) => ({ name: id }))].map(
    (entry) => entry.name,
  );
  throw new AlwaysOnError(
    'AON_NOT_FOUND',
    `Nothing here is called ${name}. Known: ${known.join(', ')}, and every unit id.`,
  );
}
