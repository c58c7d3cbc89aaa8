import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseFile } from '@alwayson/protocol/release-files.ts';
import type { Release } from '@alwayson/protocol/releases.ts';
import { expect, test } from 'vitest';
import { differsFrom, readLiveRelease } from '../../src/releases/live-release.ts';
import { sampleManifest } from '../support/sample-manifest.ts';
import { createScratch } from '../support/scratch.ts';

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

/** A folder, and a state folder in which the release of its present content is live. */
function createLive() {
  const root = createScratch();
  const workloadDir = join(root, 'shop');
  const stateDir = join(workloadDir, 'state');
  const digest = 'a'.repeat(64);
  const folder = join(stateDir, 'releases', digest);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(workloadDir, 'api.js'), 'one');
  mkdirSync(join(workloadDir, 'bin'));
  writeFileSync(join(workloadDir, 'bin/tool'), 'two', { mode: 0o755 });
  symlinkSync('api.js', join(workloadDir, 'main.js'));
  const toFile = (path: string, kind: ReleaseFile['kind'], content: string): ReleaseFile => {
    const modifiedMs = statSync(join(workloadDir, path)).mtimeMs;
    return { path, kind, bytes: content.length, sha256: sha256(content), modifiedMs };
  };
  const files = [
    toFile('api.js', 'file', 'one'),
    toFile('bin/tool', 'program', 'two'),
    { ...toFile('main.js', 'link', 'api.js'), modifiedMs: 0 },
  ];
  const release: Release = {
    digest,
    version: digest.slice(0, 12),
    source: { kind: 'folder', path: workloadDir },
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'up',
    files: 3,
    bytes: 12,
    config: sha256('manifest'),
    migrations: [],
    packages: [],
  };
  for (const [name, document] of Object.entries({ release, files, manifest: sampleManifest })) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document));
  }
  symlinkSync(digest, join(stateDir, 'releases/live'));
  return {
    workloadDir,
    stateDir,
    folder,
    write: (path: string, content: string) => writeFileSync(join(workloadDir, path), content),
  };
}

test('the live release is read, or there is none', () => {
  const { stateDir, folder } = createLive();
  expect(readLiveRelease(stateDir)).toMatchObject({ name: 'aaaaaa', manifest: sampleManifest });
  writeFileSync(join(folder, 'release.json'), '{');
  expect(readLiveRelease(stateDir)).toBeUndefined();
  expect(readLiveRelease(createScratch())).toBeUndefined();
});

test('a folder differs by its manifest, by content, names and executable bits, and not by what is left out', () => {
  const { workloadDir, stateDir, write } = createLive();
  const live = readLiveRelease(stateDir);
  if (!live) throw new Error('There is no live release.');
  const differs = (manifest = sampleManifest) => differsFrom(live, { workloadDir, manifest }, stateDir);
  expect(differs()).toBe(false);
  expect(differs({ ...sampleManifest, owner: 'others' })).toBe(true);
  mkdirSync(join(workloadDir, 'node_modules'));
  write('node_modules/x', '');
  expect(differs()).toBe(false);

  write('api.js', 'ONE');
  expect(differs()).toBe(true);
  write('api.js', 'one');
  utimesSync(join(workloadDir, 'api.js'), 1, 1);
  expect(differs()).toBe(false);
  write('new.js', '');
  expect(differs()).toBe(true);
  rmSync(join(workloadDir, 'new.js'));
  chmodSync(join(workloadDir, 'bin/tool'), 0o644);
  expect(differs()).toBe(true);
  chmodSync(join(workloadDir, 'bin/tool'), 0o755);
  rmSync(join(workloadDir, 'main.js'));
  expect(differs()).toBe(true);
  symlinkSync('bin/tool', join(workloadDir, 'main.js'));
  expect(differs()).toBe(true);
});
