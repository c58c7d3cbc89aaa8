import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type ReleaseFile, releaseBounds } from '@alwayson/protocol/release-files.ts';
import { assertLeadsInside, type SourceEntry } from './list-files.ts';

const chunkBytes = 256 * 1024;

export interface CopyRequest {
  from: string;
  /** An empty folder. */
  to: string;
  entries: readonly SourceEntry[];
  signal: AbortSignal;
}

/** Copies, and says what was copied: sizes and checksums are of the copy, so that a change meanwhile cannot tear it. */
export async function copyFiles({ from, to, entries, signal }: CopyRequest): Promise<ReleaseFile[]> {
  const files: ReleaseFile[] = [];
  const links: Extract<SourceEntry, { kind: 'link' }>[] = [];
  let bytesLeft: number = releaseBounds.bytes;
  for (const entry of entries) {
    signal.throwIfAborted();
    const { path } = entry;
    if (entry.kind === 'folder') await mkdir(join(to, path));
    else if (entry.kind === 'link') {
      await symlink(entry.target, join(to, path));
      links.push(entry);
      const sha256 = createHash('sha256').update(entry.target).digest('hex');
      files.push({ path, kind: 'link', bytes: Buffer.byteLength(entry.target), sha256, modifiedMs: 0 });
    } else {
      const copied = await copyFile(join(from, path), join(to, path), bytesLeft);
      bytesLeft -= copied.bytes;
      files.push({ path, ...copied });
    }
  }
  // Once more: what a link leads to may have changed since it was looked at.
  for (const { path, target } of links) await assertLeadsInside(to, path, target);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function copyFile(from: string, to: string, bytesMax: number): Promise<Omit<ReleaseFile, 'path'>> {
  // What was a file a moment ago may be a link or a pipe now: neither is followed, neither makes us wait.
  await using source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { mode, mtimeMs } = await source.stat();
  await using target = await open(to, 'wx', (mode & 0o777) | 0o600);
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, chunkBytes, null);
    if (bytesRead === 0) break;
    bytes += bytesRead;
    if (bytes > bytesMax) {
      throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', `${from} grew beyond the bound while it was copied.`);
    }
    hash.update(chunk.subarray(0, bytesRead));
    await target.writeFile(chunk.subarray(0, bytesRead));
  }
  const kind = (mode & 0o111) === 0 ? 'file' : 'program';
  return { kind, bytes, sha256: hash.digest('hex'), modifiedMs: mtimeMs };
}
