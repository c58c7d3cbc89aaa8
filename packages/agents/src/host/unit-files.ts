import { readFileSync } from 'node:fs';
import { chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemUser } from '@alwayson/engines/process/system-user.ts';
import type { UnitFile } from '@alwayson/protocol/units.ts';
import { type StagedFile, stageFile, toDiskError } from './durable-file.ts';

/** Where a unit keeps its files, and who owns them (undefined: the host's own user). */
export interface UnitFolder {
  dir: string;
  owner: SystemUser | undefined;
}

/** Makes the unit's folder and its `log/`, closed for other users. */
export async function makeUnitFolder({ dir, owner }: UnitFolder): Promise<void> {
  for (const folder of [dir, join(dir, 'log')]) await makeFolder(folder, owner);
}

/**
 * Writes all files beside the present ones; `commit` replaces them, `discard` forgets them. Files of `before` that are not
 * listed any more are removed with the commit.
 */
export async function stageUnitFiles(
  folder: UnitFolder,
  files: readonly UnitFile[],
  before: readonly UnitFile[] = [],
): Promise<StagedFile> {
  await makeUnitFolder(folder);
  const stagedFiles: StagedFile[] = [];
  const discard = async () => {
    for (const file of stagedFiles) await file.discard();
  };
  try {
    for (const file of files) stagedFiles.push(await stageOne(folder, file));
  } catch (error) {
    await discard();
    throw error;
  }
  const kept = new Set(files.map(({ path }) => path));
  return {
    discard,
    async commit() {
      for (const file of stagedFiles) await file.commit();
      for (const { path } of before) {
        if (!kept.has(path)) await rm(join(folder.dir, path), { force: true });
      }
    },
  };
}

/** Writes what is missing or differs, so that a unit always starts with the files of its spec. */
export async function restoreUnitFiles(folder: UnitFolder, files: readonly UnitFile[]): Promise<void> {
  await makeUnitFolder(folder);
  for (const file of files) {
    if (isAsWanted(join(folder.dir, file.path), file.content)) continue;
    const one = await stageOne(folder, file);
    await one.commit();
  }
}

async function stageOne({ dir, owner }: UnitFolder, { path, content, mode }: UnitFile): Promise<StagedFile> {
  const parts = path.split('/').slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    await makeFolder(join(dir, ...parts.slice(0, depth)), owner);
  }
  return stageFile(join(dir, path), content, { mode, ...(owner === undefined ? {} : { owner }) });
}

async function makeFolder(folder: string, owner: SystemUser | undefined): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  } catch (error) {
    throw toDiskError(error, folder);
  }
}

function isAsWanted(path: string, content: string): boolean {
  try {
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}
