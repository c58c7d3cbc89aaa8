import { execFile } from 'node:child_process';
import { mkdtemp, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;
const filler = 'filler';

/** Why no disk can be made here; null where one can. */
export async function findMountObstacle(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'only root may mount';
  const folder = await mkdtemp(join(tmpdir(), 'alwayson-mount-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    await run('umount', [folder]);
    return null;
  } catch (error) {
    return `nothing can be mounted: ${String(error)}`;
  } finally {
    await rmdir(folder);
  }
}

/** A folder that stands on a disk of its own, with what was in it. Nobody may use it while that is arranged. */
export interface SmallDisk {
  /** Until nothing more fits. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** The folder is as it was before. */
  remove(): Promise<void>;
}

export async function putOnSmallDisk(folder: string, spareMebibytes: number): Promise<SmallDisk> {
  const { uid, gid, mode } = await stat(folder);
  const { stdout } = await run('du', ['-sm', folder]);
  const size = Number.parseInt(stdout, 10) + spareMebibytes;
  const kept = await mkdtemp(join(tmpdir(), 'alwayson-disk-'));
  // With owners and rights, which `cp` of Node.js leaves behind.
  await run('cp', ['-a', `${folder}/.`, kept]);
  const options = `size=${size}m,uid=${uid},gid=${gid},mode=${(mode & 0o777).toString(8)}`;
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  await run('cp', ['-a', `${kept}/.`, folder]);
  await rm(kept, { recursive: true });
  return {
    async fill() {
      const file = join(folder, filler);
      for (const bytes of [mebibyte, 4096, 1]) {
        const part = Buffer.alloc(bytes);
        while (await writeFile(file, part, { flag: 'a' }).then(() => true, isFull)) continue;
      }
    },
    free: () => rm(join(folder, filler)),
    remove: async () => void (await run('umount', ['-l', folder])),
  };
}

function isFull(error: unknown): false {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
  throw error;
}
