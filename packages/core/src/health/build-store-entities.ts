import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { RegionPlan } from '../estate/topology.ts';
import type { HealthModelInput } from './health-model-input.ts';
import { dependencyGroups } from './dependency-impacts.ts';
import { entityIds } from './entity-ids.ts';
import { type Entity, type Group, standard } from './health-model.ts';
import { measure, type SignalRule, verdict } from './signal-rule.ts';

type Store = Manifest['stores'][number];

/** The stores of the manifest, and what each region has of them. */
export function buildStoreEntities({ manifest, regions }: HealthModelInput): Entity[] {
  return manifest.stores.flatMap((store) => [
    buildStore(manifest, store, regions),
    ...regions.map((region) => buildStoreRegion(store, region)),
  ]);
}

function buildStore(manifest: Manifest, store: Store, regions: readonly RegionPlan[]): Entity {
  // One region less is felt, none left is the end: clients go to the other one.
  const inRegions: Group = {
    name: 'regions',
    aggregation: {
      type: 'minServing',
      unit: 'count',
      degradedAt: regions.length - 1,
      degradedCounts: 'healthy',
      unhealthyAt: 0,
    },
    edges: regions.map(({ name }) => standard(entityIds.storeRegion(store.name, name))),
  };
  const zones = regions.flatMap((region) => region.zones);
  const members = zones.map(({ name }) => `pg-${name}`);
  const isRelational = store.kind === 'relational';
  return {
    id: entityIds.store(store.name),
    kind: 'store',
    name: store.name,
    signals: isRelational ? seenByDatabase(store) : [],
    groups: [
      ...(isRelational ? [copies('members', members, store)] : []),
      inRegions,
      ...dependencyGroups(manifest, store.name),
    ],
  };
}

function seenByDatabase(store: Store): SignalRule[] {
  const writer = verdict('writer');
  if (store.durability !== 'replicated') return [writer];
  const refuses = store.whenCopyLost === 'refuse';
  return [writer, verdict('second-copy', { class: 'telemetry', ...(refuses ? {} : { worst: 'degraded' }) })];
}

/** Servers that hold the same data. One is enough to serve; a replicated store that has only one left is degraded. */
function copies(name: string, units: readonly string[], { durability }: Store): Group {
  const keepsTwo = durability === 'replicated';
  return {
    name,
    aggregation: {
      type: 'minServing',
      unit: 'count',
      ...(keepsTwo ? { degradedAt: 1 } : {}),
      unhealthyAt: 0,
    },
    edges: units.map((unit) => standard(entityIds.unit(unit))),
  };
}

function buildStoreRegion(store: Store, region: RegionPlan): Entity {
  const base = {
    id: entityIds.storeRegion(store.name, region.name),
    kind: 'store-region',
    name: `${store.name}/${region.name}`,
    partOf: entityIds.region(region.name),
  } as const;
  const doors = region.zones.map(({ name }) => `pgbouncer-${name}`);
  const servers = region.zones.slice(0, 2).map(({ name }) => `queue-${name}`);
  switch (store.kind) {
    case 'relational':
      return { ...base, signals: [], groups: [copies('doors', doors, { ...store, durability: 'durable' })] };
    case 'queue':
      return { ...base, signals: seenByQueue(), groups: [copies('servers', servers, store)] };
    case 'cache':
      return {
        ...base,
        signals: [],
        groups: [copies('servers', [`cache-${region.name}`], { ...store, durability: 'fast' })],
      };
  }
}

function seenByQueue(): SignalRule[] {
  return [
    verdict('serving'),
    // It evicts nothing: full means that it refuses writes.
    measure('memory-used', 'ratio', {
      range: { min: 0, max: 1 },
      intervalMs: 5000,
      degraded: { comparator: 'gte', enter: 0.7 },
      unhealthy: { comparator: 'gte', enter: 0.9 },
    }),
  ];
}
