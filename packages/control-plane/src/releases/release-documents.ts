import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { Release } from '@alwayson/protocol/releases.ts';
import { readMigrations } from '../database/migration-files.ts';
import type { CopiedContent } from './preparation.ts';

export interface ReleaseDocuments {
  release: Release;
  manifest: Manifest;
}

export type AboutRelease = Pick<Release, 'version' | 'source' | 'createdAt' | 'createdBy' | 'packages'> & {
  manifest: Manifest;
};

/** Writes into a release's folder what it is. */
export async function writeDocuments(
  folder: string,
  content: CopiedContent,
  { manifest, ...about }: AboutRelease,
): Promise<Release> {
  const { digest, config, files } = content;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const migrations = await listMigrations(join(folder, 'tree'), manifest);
  const release: Release = { digest, ...about, files: files.length, bytes, config, migrations };
  for (const [name, document] of Object.entries({ files, manifest, release })) {
    await writeFile(join(folder, `${name}.json`), `${JSON.stringify(document, null, 1)}\n`, { mode: 0o600 });
  }
  return release;
}

/** Null when it is no whole release of this digest. */
export function readDocuments(folder: string, digest: string): ReleaseDocuments | null {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  try {
    const release = Release.parse(read('release.json'));
    return release.digest === digest ? { release, manifest: Manifest.parse(read('manifest.json')) } : null;
  } catch {
    return null;
  }
}

async function listMigrations(tree: string, { stores }: Manifest): Promise<Release['migrations']> {
  const folder = stores.find(({ kind }) => kind === 'relational')?.migrations;
  const migrations = await readMigrations(folder === undefined ? null : resolve(tree, folder));
  return migrations.map(({ name, checksum }) => ({ name, checksum }));
}
