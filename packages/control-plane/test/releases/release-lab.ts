import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Manifest, type ManifestInput } from '@alwayson/protocol/manifest.ts';
import { onTestFinished } from 'vitest';
import { createReleaseStore, type ReleaseStoreOptions } from '../../src/releases/release-store.ts';
import { environmentOf } from '../api/fixtures.ts';

export const installDir = resolve(import.meta.dirname, '../../../..');

type ComponentInput = Partial<ManifestInput['components'][number]>;
type LabManifest = Partial<ManifestInput> & { component?: ComponentInput };

/** A workload's folder and a state folder beside it, both gone after the test. */
export function createReleaseLab() {
  const folder = mkdtempSync(join(tmpdir(), 'alwayson-releases-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const source = join(folder, 'shop');
  const stateDir = join(folder, 'state');
  for (const path of [source, stateDir]) mkdirSync(path);
  const environment = { ...environmentOf(), workloadDir: source, stateDir, installDir };
  let clock = Date.parse('2026-01-01T00:00:00Z');

  return {
    folder,
    source,
    stateDir,
    environment,
    root: join(stateDir, 'releases'),
    write(path: string, content: string, mode = 0o644) {
      const file = join(source, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode });
      chmodSync(file, mode);
    },
    store: (options: Partial<ReleaseStoreOptions> = {}) =>
      createReleaseStore({ environment, now: () => (clock += 1000), ...options }),
    inputOf: (manifest: LabManifest = {}, version?: string) => ({
      path: source,
      source: { kind: 'folder' as const, path: source },
      manifest: manifestOf(manifest),
      version,
      owner: 'ann',
    }),
  };
}

function manifestOf({ component, ...rest }: LabManifest): Manifest {
  return Manifest.parse({
    name: 'shop',
    owner: 'team',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'api', command: ['node', 'api.js'], routes: ['/'], ...component }],
    flows: [{ name: 'browse', path: ['api'] }],
    ...rest,
  });
}
