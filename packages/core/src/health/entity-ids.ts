import type { Manifest } from '@alwayson/protocol/manifest.ts';

/** How entities of the health model are called. A unit's id is that of its host, see `UnitSpec`. */
export const entityIds = {
  workload: (name: string) => `workload:${name}`,
  flow: (name: string) => `flow:${name}`,
  frontDoor: (workload: string) => `front-door:${workload}`,
  component: (name: string) => `component:${name}`,
  store: (name: string) => `store:${name}`,
  storeRegion: (name: string, region: string) => `store:${name}/${region}`,
  stamp: (id: string) => `stamp:${id}`,
  stampComponent: (stamp: string, component: string) => `stamp:${stamp}/${component}`,
  region: (name: string) => `region:${name}`,
  zone: (name: string) => `zone:${name}`,
  host: (zone: string) => `host:${zone}`,
  unit: (id: string) => `unit:${id}`,
} as const;

/** Of a name that a path or a dependency uses. A component hides a store of the same name, as in the manifest. */
export function toEntityId({ components }: Manifest, name: string): string {
  const isComponent = components.some((component) => component.name === name);
  return isComponent ? entityIds.component(name) : entityIds.store(name);
}
