import { buildFlowEntities } from './build-flow-entities.ts';
import { buildPlaceEntities } from './build-place-entities.ts';
import { buildServingEntities } from './build-serving-entities.ts';
import { buildStoreEntities } from './build-store-entities.ts';
import { entityIds } from './entity-ids.ts';
import { type Edge, type Entity, type HealthModel, limited, standard, worstOf } from './health-model.ts';
import type { HealthModelInput } from './health-model-input.ts';
import { toModelVersion } from './model-version.ts';

/** The health model of an environment: everything in it, and what each feels of which other. Deterministic. */
export function buildHealthModel(input: HealthModelInput): HealthModel {
  const below = [
    ...buildFlowEntities(input),
    ...buildServingEntities(input),
    ...buildStoreEntities(input),
    ...buildPlaceEntities(input),
  ];
  const entities = [buildWorkload(input, below), ...below];
  return { version: toModelVersion(entities), entities };
}

/** A high flow that is down is the workload down; everything else can degrade it. */
function buildWorkload({ manifest, regions, witness }: HealthModelInput, below: readonly Entity[]): Entity {
  const flows = below
    .filter(({ kind }) => kind === 'flow')
    .map(({ id, criticality }): Edge => (criticality === 'high' ? standard(id) : limited(id)));
  const passed = new Set(manifest.flows.flatMap(({ path }) => path));
  const unpassed = [
    ...manifest.components.map(({ name }) => ({ name, id: entityIds.component(name) })),
    ...manifest.stores.map(({ name }) => ({ name, id: entityIds.store(name) })),
  ].filter(({ name }) => !passed.has(name));
  return {
    id: entityIds.workload(manifest.name),
    kind: 'workload',
    name: manifest.name,
    signals: [],
    groups: [
      worstOf('flows', flows),
      worstOf('estate', [
        ...regions.map(({ name }) => limited(entityIds.region(name))),
        limited(entityIds.zone(witness)),
        ...unpassed.map(({ id }) => limited(id)),
        // Felt by flows with requests only; a workload without any still has a door.
        limited(entityIds.frontDoor(manifest.name)),
      ]),
    ],
  };
}
