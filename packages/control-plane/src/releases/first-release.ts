import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Release } from '@alwayson/protocol/releases.ts';
import type { ReleaseStore } from './release-store.ts';

/** The release that an environment without one begins with: the folder that `up` was given. Later ones come by `deploy`. */
export function prepareFirst(
  store: ReleaseStore,
  environment: Pick<Environment, 'workloadDir'>,
  manifest: Manifest,
): Promise<Release> {
  const path = environment.workloadDir;
  return store.prepare({ path, source: { kind: 'folder', path }, manifest, owner: 'up' });
}
