import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { leftOutNames, releaseBounds } from '@alwayson/protocol/release-files.ts';

export type SourceEntry =
  | { kind: 'folder'; path: string }
  | { kind: 'file'; path: string; bytes: number }
  | { kind: 'link'; path: string; target: string };

/**
 * What of a folder goes into a release, folders before what is in them. Sockets, pipes and devices are passed over. Throws
 * AON_RELEASE_UNSUITABLE beyond the bounds, and for a link that leads out of the folder: a copy would not have what it means.
 */
export async function listFiles(root: string, without: string): Promise<SourceEntry[]> {
  const entries: SourceEntry[] = [];
  let bytes = 0;
  const visit = async (folder: string) => {
    for (const { name } of await readdir(folder, { withFileTypes: true })) {
      const full = join(folder, name);
      if (leftOutNames.has(name) || full === without) continue;
      const entry = await toEntry(root, full);
      if (entry === null) continue;
      entries.push(entry);
      if (entry.kind === 'file') bytes += entry.bytes;
      if (entries.length > releaseBounds.files) {
        throw unsuitable(`${root} holds more than ${releaseBounds.files} files.`);
      }
      if (bytes > releaseBounds.bytes) {
        throw unsuitable(`${root} holds more than ${releaseBounds.bytes / 1024 ** 2} MiB.`);
      }
      if (entry.kind === 'folder') await visit(full);
    }
  };
  await visit(root);
  return entries;
}

async function toEntry(root: string, full: string): Promise<SourceEntry | null> {
  const path = relative(root, full).replaceAll(sep, '/');
  const stats = await lstat(full);
  if (stats.isDirectory()) return { kind: 'folder', path };
  if (stats.isFile()) return { kind: 'file', path, bytes: stats.size };
  if (!stats.isSymbolicLink()) return null;
  const target = await readlink(full);
  if (isAbsolute(target) || !isInside(root, join(dirname(full), target))) throw linkOut(path, target);
  await assertLeadsInside(root, path, target);
  return { kind: 'link', path, target };
}

/** Each link may look harmless by itself, and two in a row still lead out. */
export async function assertLeadsInside(root: string, path: string, target: string): Promise<void> {
  const real = await realpath(join(root, path)).catch(() => null);
  if (real !== null && !isInside(await realpath(root), real)) throw linkOut(path, target);
}

export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`);
}

function linkOut(path: string, target: string): AlwaysOnError {
  return unsuitable(
    `The link ${path} leads to ${target}, out of the folder that is released.`,
    'Put what it leads to into the folder, or make the link relative and inside.',
  );
}

function unsuitable(message: string, hint = 'Release a folder that holds only what the workload needs.') {
  return new AlwaysOnError('AON_RELEASE_UNSUITABLE', message, { hint });
}
