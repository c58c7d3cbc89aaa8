import { execFile } from 'node:child_process';
import { chmod, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const syncDeadlineMs = 120_000;
const everybodysWrite = 0o222;
const ownersWrite = 0o200;

/** Takes the right to write from everything in a folder, as far as root respects that. Links are not followed. */
export async function sealFolder(folder: string): Promise<void> {
  await changeModes(folder, (mode) => mode & ~everybodysWrite);
}

/** Removes a folder, also a sealed one; nothing when there is none. */
export async function removeFolder(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch(async () => {
    await changeModes(folder, (mode) => mode | ownersWrite);
    await remove();
  });
}

/** On the disk when it returns. One call for the whole file system: a release has thousands of files. */
export async function syncFolder(folder: string): Promise<void> {
  await run('sync', ['--file-system', folder], { timeout: syncDeadlineMs });
}

/** The names in it are on the disk when it returns. */
export async function syncNames(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function changeModes(path: string, change: (mode: number) => number): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return;
  const mode = stats.mode & 0o7777;
  if (change(mode) !== mode) await chmod(path, change(mode));
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path)) await changeModes(join(path, name), change);
}
