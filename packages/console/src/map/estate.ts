import type { State, UnitKind } from '@alwayson/protocol/words.ts';
import type { Status, StatusRegion, StatusStamp, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import { toUnitHealth } from './unit-health.ts';

/** The status document, arranged as people think of the estate. Pure. */

export interface StampView {
  stamp: StatusStamp;
  units: StatusUnit[];
}

export interface ZoneView {
  zone: StatusZone;
  stamps: StampView[];
  /** Everything else in the zone, except the units at the region's door. */
  engines: StatusUnit[];
}

export interface RegionView {
  region: StatusRegion;
  /** The region's gateway and its agent, with the zone they run in. */
  door: { unit: StatusUnit; zone: string }[];
  zones: ZoneView[];
}

/** Anything that has a name, a state and a place; what the details drawer shows and what can be killed. */
export type Entity =
  | { kind: 'unit'; name: string; state: State; unit: StatusUnit; zone: StatusZone; region: string }
  | { kind: 'stamp'; name: string; state: State; view: StampView }
  | { kind: 'zone'; name: string; state: State; zone: StatusZone; region: string }
  | { kind: 'region'; name: string; state: State; region: StatusRegion };

export interface UnitTag {
  text: string;
  /** `role` is said of the unit for good reasons, `note` is a figure. */
  tone: 'role' | 'note';
}

const kindLabels: Record<UnitKind, string> = {
  gateway: 'Gateway',
  'gateway-agent': 'Gateway agent',
  observer: 'Observer',
  postgres: 'PostgreSQL',
  pgbouncer: 'PgBouncer',
  'redis-queue': 'Queue',
  'redis-cache': 'Cache',
  'stamp-agent': 'Agent',
  component: 'Component',
  'control-plane': 'Control plane',
};

/** Top to bottom within a zone: data first. */
const engineOrder: readonly UnitKind[] = ['postgres', 'pgbouncer', 'redis-queue', 'redis-cache', 'observer'];

export function toRegionViews(status: Status): RegionView[] {
  return status.regions.map((region) => ({
    region,
    door: region.zones.flatMap((zone) =>
      zone.units.filter(isAtDoor).map((unit) => ({ unit, zone: zone.name })),
    ),
    zones: region.zones.map((zone) => toZoneView(status, zone)),
  }));
}

function toZoneView(status: Status, zone: StatusZone): ZoneView {
  const stamps = status.stamps
    .filter((stamp) => stamp.zone === zone.name)
    .map((stamp) => ({ stamp, units: zone.units.filter((unit) => unit.stamp === stamp.id) }));
  const known = new Set(stamps.map((view) => view.stamp.id));
  const engines = zone.units
    .filter((unit) => !isAtDoor(unit) && !(unit.stamp !== undefined && known.has(unit.stamp)))
    .sort((one, other) => toRank(one.kind) - toRank(other.kind));
  return { zone, stamps, engines };
}

function toRank(kind: UnitKind): number {
  const index = engineOrder.indexOf(kind);
  return index < 0 ? engineOrder.length : index;
}

function isAtDoor(unit: StatusUnit): boolean {
  return unit.kind === 'gateway' || unit.kind === 'gateway-agent';
}

export function listZones(status: Status): StatusZone[] {
  return [...status.regions.flatMap((region) => region.zones), status.witness];
}

export function listUnits(status: Status): StatusUnit[] {
  return listZones(status).flatMap((zone) => zone.units);
}

export function toUnitLabel(unit: StatusUnit): string {
  return unit.kind === 'component' ? (unit.component ?? unit.id) : kindLabels[unit.kind];
}

/** What a reader must know of a unit beside its state: its role in a set of copies, and how far behind it is. */
export function toUnitTags(status: Status, unit: StatusUnit): UnitTag[] {
  if (unit.kind === 'postgres') return toMemberTags(status, unit.id);
  if (unit.kind !== 'redis-queue') return [];
  const queue = status.queues.find((candidate) => candidate.primary === unit.id);
  return [{ text: queue === undefined ? 'replica' : 'primary', tone: 'role' }];
}

function toMemberTags(status: Status, id: string): UnitTag[] {
  const member = status.database.members.find((candidate) => candidate.id === id);
  if (member === undefined || member.role === 'unknown') return [{ text: 'role unknown', tone: 'note' }];
  if (member.role === 'primary') return [{ text: 'primary', tone: 'role' }];
  const lag = member.lagBytes === null ? 'lag ?' : `lag ${formatBytes(member.lagBytes)}`;
  return [
    { text: member.sync ? 'sync' : 'standby', tone: 'role' },
    { text: lag, tone: 'note' },
  ];
}

/** `512 B`, `1.5 KiB`: at most one decimal. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** The entity of that name, or undefined: events also speak of flows, operations and of what is gone. */
export function findEntity(status: Status, name: string): Entity | undefined {
  const stamp = status.stamps.find((candidate) => candidate.id === name);
  if (stamp !== undefined) {
    const units = listUnits(status).filter((unit) => unit.stamp === name);
    return { kind: 'stamp', name, state: stamp.state, view: { stamp, units } };
  }
  const witness = { name: 'witness', state: status.witness.state, zones: [status.witness] };
  for (const region of [...status.regions, witness]) {
    if (region !== witness && region.name === name) {
      return { kind: 'region', name, state: region.state, region };
    }
    for (const zone of region.zones) {
      if (zone.name === name) return { kind: 'zone', name, state: zone.state, zone, region: region.name };
      const unit = zone.units.find((candidate) => candidate.id === name);
      if (unit !== undefined) {
        const { state } = toUnitHealth(status, unit);
        return { kind: 'unit', name, state, unit, zone, region: region.name };
      }
    }
  }
  return undefined;
}

/** The names that `findEntity` knows. */
export function listEntityNames(status: Status): Set<string> {
  return new Set([
    ...status.regions.map((region) => region.name),
    ...listZones(status).map((zone) => zone.name),
    ...status.stamps.map((stamp) => stamp.id),
    ...listUnits(status).map((unit) => unit.id),
  ]);
}

export function listEntityUnits(entity: Entity): StatusUnit[] {
  switch (entity.kind) {
    case 'unit':
      return [entity.unit];
    case 'stamp':
      return entity.view.units;
    case 'zone':
      return entity.zone.units;
    case 'region':
      return entity.region.zones.flatMap((zone) => zone.units);
  }
}
