import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { readEnvironmentIfSound } from '../environment/environment-file.ts';
import { findRunDir } from '../environment/run-folder.ts';
import { toFolderError } from '../environment/write-file-durably.ts';

/** Removes the state folder and the folder of the sockets, with all data. Returns what it removed. */
export function purgeEnvironment(stateDir: string): string[] {
  if (!existsSync(stateDir)) return [];
  if (!isStateFolder(stateDir)) {
    throw new AlwaysOnError(
      'AON_STATE_FOLDER',
      `${stateDir} does not look like a state folder; nothing was removed.`,
    );
  }
  const folders = [readEnvironmentIfSound(stateDir)?.runDir ?? findRunDir(stateDir), stateDir].filter(
    (folder) => existsSync(folder),
  );
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      throw toFolderError(error, join(folder, '...'));
    }
  }
  return folders;
}

/** A folder that is empty, or that holds what only a state folder holds: nothing else is ours to remove. */
function isStateFolder(folder: string): boolean {
  const names = readdirSync(folder);
  const hasEnvironment = names.some((name) => /^environment(\.copy)?\.json/.test(name));
  return (
    names.length === 0 ||
    hasEnvironment ||
    ['hosts', 'units', 'control-plane'].every((name) => names.includes(name))
  );
}
