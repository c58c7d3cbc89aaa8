import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/**
 * Replaces a file as a whole and durably: a reader sees the old text or the new one, a crash keeps one of them. `check` may
 * look at the new file (it is given its path) and refuse it by throwing; the old one then stays. Throws AON_DISK_FULL.
 */
export async function replaceFile(
  path: string,
  text: string,
  check?: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.next`;
  try {
    await writeAndSync(temporary, text);
    await check?.(temporary);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new AlwaysOnError('AON_DISK_FULL', `No space left to write ${path}.`, { cause: error });
    }
    throw error;
  }
}

async function writeAndSync(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
