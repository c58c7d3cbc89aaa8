import type { Manifest } from '@alwayson/protocol/manifest.ts';

/** Why a release of this manifest cannot follow the live one while it serves; empty when it can. */
export function findReleaseRefusals(live: Manifest, next: Manifest): string[] {
  const zones = ({ regions }: Manifest) =>
    regions.map(({ name, zones: count }) => `${name} with ${count} zones`);
  const stores = (manifest: Manifest) => manifest.stores.map(({ name, kind }) => `${name} (${kind})`);
  const components = (manifest: Manifest) => manifest.components.map(({ name }) => name);
  return [
    ...compare('workload', [live.name], [next.name]),
    ...compare('regions', zones(live), zones(next)),
    ...compare('stores', stores(live), stores(next)),
    ...compare('components', components(live), components(next)),
  ];
}

function compare(what: string, live: readonly string[], next: readonly string[]): string[] {
  const isSame = live.length === next.length && live.every((name) => next.includes(name));
  if (isSame) return [];
  return [
    `Another set of ${what}: ${next.join(', ') || 'none'}, beside ${live.join(', ') || 'none'}. A deploy cannot change it.`,
  ];
}
