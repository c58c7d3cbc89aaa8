import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '@alwayson/engines/process/identity.ts';
import type { SystemUser } from '@alwayson/engines/process/system-user.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { z } from 'zod';

export interface FileOptions {
  mode: number;
  owner?: SystemUser;
}

/** A whole new file beside the one it will replace. */
export interface StagedFile {
  commit(): Promise<void>;
  discard(): Promise<void>;
}

let staged = 0;

/** Writes and syncs a file under another name. Throws AON_DISK_FULL, leaving nothing behind. */
export async function stageFile(path: string, content: string, options: FileOptions): Promise<StagedFile> {
  staged += 1;
  const temporary = `${path}.${process.pid}-${staged}.tmp`;
  const discard = () => rm(temporary, { force: true });
  try {
    const file = await open(temporary, 'wx', options.mode);
    try {
      await file.writeFile(content);
      await file.chmod(options.mode); // whatever the umask took away
      if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard();
    throw toDiskError(error, path);
  }
  return {
    discard,
    async commit() {
      await rename(temporary, path);
      await syncFolder(dirname(path));
    },
  };
}

/** Replaces a file as a whole and for good: after this returns, a crash of the machine does not take it back. */
export async function writeDurably(path: string, content: string, options: FileOptions): Promise<void> {
  const file = await stageFile(path, content, options);
  await file.commit();
}

/** Replaces a file as a whole, at once and without sync: survives a crash of this process, not of the machine. */
export function writeQuickly(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}

/**
 * Reads a JSON document. A damaged one is set aside as `<path>.corrupt` and told to `report`; that, and a file that is not
 * there, read as undefined.
 */
export function readOrSetAside<T>(
  path: string,
  schema: z.ZodType<T>,
  report: (problem: string) => void,
): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    renameSync(path, `${path}.corrupt`);
    const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    report(`AON_STATE_CORRUPT: ${path} was damaged and set aside as ${path}.corrupt (${detail}).`);
    return undefined;
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

export function toDiskError(error: unknown, path: string): unknown {
  if (!isErrno(error, 'ENOSPC') && !isErrno(error, 'EDQUOT')) return error;
  const message = `No space left to write ${path}; what was there before is kept.`;
  return new AlwaysOnError('AON_DISK_FULL', message, { cause: error });
}
