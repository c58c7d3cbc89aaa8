import { mkdir, realpath, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { copyFiles } from './copy-files.ts';
import { findPackages } from './linked-packages.ts';
import { isInside, listFiles, type SourceEntry } from './list-files.ts';
import type { CopiedContent, Preparation } from './preparation.ts';
import { hashManifest, toDigest } from './release-digest.ts';

/** Left free on the disk: the databases write to it too. */
const freeBytesMin = 200 * 1024 ** 2;

/** Fills `tree` with the source's files, and names the content. Throws AON_RELEASE_UNSUITABLE, AON_DISK_FULL. */
export async function copyContent(preparation: Preparation): Promise<CopiedContent> {
  const { environment, input, partial, signal } = preparation;
  const { manifest, source, tell } = input;
  tell?.('Copying the files.');
  const tree = join(partial, 'tree');
  const from = await realpath(input.path);
  const entries = await listFiles(from, await realpath(environment.stateDir));
  await assertSpace(partial, entries);
  await mkdir(tree);
  const files = await copyFiles({ from, to: tree, entries, signal });
  await assertComplete(tree, manifest);
  const isLinked = manifest.release.install === undefined;
  const packages = isLinked ? await findPackages(await realpath(source.path)) : { links: [], lockfiles: [] };
  const config = hashManifest(manifest);
  return { digest: toDigest({ files, config, lockfiles: packages.lockfiles }), config, files, packages };
}

async function assertSpace(folder: string, entries: readonly SourceEntry[]): Promise<void> {
  const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.bytes : 0), 0);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes + freeBytesMin) return;
  const toMiB = (amount: number) => Math.ceil(amount / 1024 ** 2);
  throw new AlwaysOnError(
    'AON_DISK_FULL',
    `The release takes ${toMiB(bytes)} MiB and leaves ${toMiB(freeBytesMin)} MiB to the databases; ${toMiB(bavail * bsize)} MiB are free.`,
  );
}

/** What the manifest names must be in the copy: there is nothing else. */
async function assertComplete(tree: string, { components, stores }: Manifest): Promise<void> {
  const folders = [
    ...components.map(({ name, cwd }) => ({ what: `The component ${name} runs in ${cwd}`, path: cwd })),
    ...stores.flatMap(({ name, migrations: path }) =>
      path === undefined ? [] : [{ what: `The migrations of ${name} are in ${path}`, path }],
    ),
  ];
  for (const { what, path } of folders) {
    const real = await realpath(resolve(tree, path)).catch(() => null);
    if (real !== null && isInside(await realpath(tree), real)) continue;
    const place = real === null ? 'which is missing in' : 'which is outside of';
    throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', `${what}, ${place} the folder that is released.`, {
      hint: 'Paths of a manifest are relative to its folder, and all that a release needs is in it.',
    });
  }
}
