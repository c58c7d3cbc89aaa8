import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { leftOutNames, packageFolders, releaseBounds } from '@alwayson/protocol/release-files.ts';
import { isInside } from './list-files.ts';
import type { PackagesStore } from './packages-store.ts';

/** Beside the packages: which versions they are. The last is what npm writes into the packages themselves. */
const lockfileNames = [
  'npm-shrinkwrap.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'node_modules/.package-lock.json',
];

export interface LinkedPackages {
  /** From a path in the release's folder to the folder of packages in the source, without links on the way to it. */
  links: { at: string; to: string }[];
  /** Checksums of their lockfiles. */
  lockfiles: string[];
}

/**
 * The packages that programs of a folder find there: those of the folder and of folders in it, at the same places, and those of
 * folders above it as far as a release has room for them (two levels are enough for a workspace).
 */
export async function findPackages(source: string): Promise<LinkedPackages> {
  const inside = (await listPackageFolders(source)).map((path) => ({ at: join('tree', path), path }));
  const nearest = inside.some(({ at }) => at === join('tree', 'node_modules'));
  const room = nearest ? ['node_modules'] : [join('tree', 'node_modules'), 'node_modules'];
  const above = await listAbove(source);
  const links = [
    ...inside.map(({ at, path }) => ({ at, to: join(source, path) })),
    ...room.flatMap((at, index) => (above[index] === undefined ? [] : [{ at, to: above[index] }])),
  ];
  const real = await Promise.all(links.map(async ({ at, to }) => ({ at, to: await realpath(to) })));
  const lockfiles = await Promise.all(real.map(({ to }) => hashLockfile(dirname(to))));
  return { links: real, lockfiles: [...new Set(lockfiles.filter((hash) => hash !== null))] };
}

export interface LinkContext {
  /** The folder that becomes the release. */
  release: string;
  store: PackagesStore;
  /** Where AlwaysOn is installed: what is in there is there as long as anything runs. */
  installDir: string;
  signal: AbortSignal;
}

/** Makes the links; what the release has no folder for it does not need. Returns what it has in the store. */
export async function linkPackages(
  { release, store, installDir, signal }: LinkContext,
  { links }: LinkedPackages,
): Promise<string[]> {
  const kept: string[] = [];
  const own = await realpath(installDir);
  for (const { at, to } of links) {
    const place = join(release, at);
    if (!(await isFolder(dirname(place)))) continue;
    if (isInside(own, to)) await symlink(to, place);
    else {
      const name = await store.keep(to, signal);
      kept.push(name);
      // Releases and packages may be copied together to somewhere else.
      await symlink(relative(dirname(place), store.path(name)), place);
    }
  }
  return [...new Set(kept)];
}

async function listPackageFolders(source: string): Promise<string[]> {
  const found: string[] = [];
  let seen = 0;
  const visit = async (folder: string) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      seen += 1;
      if (seen > releaseBounds.files) return;
      const full = join(folder, entry.name);
      const isPackages = packageFolders.has(entry.name) && (await holdsPackages(full));
      if (isPackages) found.push(relative(source, full));
      if (entry.isDirectory() && !leftOutNames.has(entry.name)) await visit(full);
    }
  };
  await visit(source);
  return found.sort();
}

/** `node_modules` of the folders above, the nearest first. */
async function listAbove(folder: string): Promise<string[]> {
  const parent = dirname(folder);
  if (parent === folder) return [];
  const packages = join(parent, 'node_modules');
  return [...((await holdsPackages(packages)) ? [packages] : []), ...(await listAbove(parent))];
}

/** Tools leave hidden folders where there are no packages. */
async function holdsPackages(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => !name.startsWith('.'));
}

async function hashLockfile(folder: string): Promise<string | null> {
  for (const name of lockfileNames) {
    const content = await readFile(join(folder, name)).catch(() => null);
    if (content !== null) return createHash('sha256').update(content).digest('hex');
  }
  return null;
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
