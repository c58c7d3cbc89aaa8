import { createHash } from 'node:crypto';
import { constants, existsSync, type Stats } from 'node:fs';
import { copyFile, link, lstat, mkdir, mkdtemp, readdir, readlink, rename, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { isInside } from './list-files.ts';
import { removeFolder, syncNames } from './release-folders.ts';

/** Beyond this nobody has looked at what takes how long. */
const entriesMax = 500_000;

interface Entry {
  /** Relative to the folder. */
  path: string;
  stats: Stats;
  /** Of a link. */
  target: string | null;
}

/**
 * Folders of packages as releases found them, `<state folder>/packages/<name>`: a release runs on, and starts again, when its source has
 * changed its packages, or is gone. Files are hard links where that is possible, so that they cost no space while both have them.
 */
export interface PackagesStore {
  /** Its name in the store; the same content at the same times is kept once. Throws AON_RELEASE_UNSUITABLE for what is too large. */
  keep(folder: string, signal: AbortSignal): Promise<string>;
  /** Absolute. */
  path(name: string): string;
  /** Removes all others. */
  retain(names: ReadonlySet<string>): Promise<void>;
}

export function createPackagesStore(root: string): PackagesStore {
  const path = (name: string) => join(root, name);
  return {
    path,
    async keep(folder, signal) {
      const entries = await listEntries(folder, signal);
      const name = toName(entries);
      if (existsSync(path(name))) return name;
      await mkdir(root, { recursive: true, mode: 0o711 });
      const partial = await mkdtemp(path('.partial-'));
      try {
        const made = join(partial, 'packages');
        await mkdir(made);
        for (const entry of entries) {
          signal.throwIfAborted();
          await take(folder, made, entry);
        }
        await rename(made, path(name));
        await syncNames(root);
      } finally {
        await removeFolder(partial);
      }
      return name;
    },
    async retain(names) {
      const found = await readdir(root).catch(() => []);
      for (const name of found) if (!names.has(name)) await removeFolder(path(name));
    },
  };
}

/** Folders before what is in them. */
async function listEntries(root: string, signal: AbortSignal): Promise<Entry[]> {
  const entries: Entry[] = [];
  const visit = async (folder: string) => {
    signal.throwIfAborted();
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = join(folder, name);
      const stats = await lstat(join(root, path));
      const target = stats.isSymbolicLink() ? await readlink(join(root, path)) : null;
      if (entries.push({ path, stats, target }) > entriesMax)
        throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', `${root} holds more than ${entriesMax} files.`, {
          hint: 'Let the release install its own packages: release.install in the manifest.',
        });
      if (stats.isDirectory()) await visit(path);
    }
  };
  await visit('');
  return entries;
}

function toName(entries: readonly Entry[]): string {
  const hash = createHash('sha256');
  for (const { path, stats, target } of entries) {
    const { mode, size, mtimeMs } = stats;
    hash.update(JSON.stringify(stats.isFile() ? [path, mode, size, mtimeMs] : [path, mode, target]));
  }
  return hash.digest('hex').slice(0, 32);
}

async function take(from: string, to: string, { path, stats, target }: Entry): Promise<void> {
  const [source, place] = [join(from, path), join(to, path)];
  if (stats.isDirectory()) await mkdir(place, { mode: (stats.mode & 0o777) | 0o700 });
  else if (target !== null) await symlink(toTarget(from, source, target), place);
  else if (stats.isFile())
    await link(source, place).catch(() => copyFile(source, place, constants.COPYFILE_FICLONE));
}

/** What leads out of the folder leads there from everywhere; all else stays inside. */
function toTarget(root: string, source: string, target: string): string {
  const folder = dirname(source);
  const full = resolve(folder, target);
  return isInside(root, full) ? relative(folder, full) : full;
}
