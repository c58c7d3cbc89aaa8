import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { readEnvironmentIfSound } from './environment-file.ts';

/** The environments in the main one's state folder and beside it, the main one first. Damaged ones are not listed. */
export function listEnvironments(mainFolder: string): Environment[] {
  const prefix = `${basename(mainFolder)}-`;
  const beside = listNames(dirname(mainFolder))
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => join(dirname(mainFolder), name));
  return [mainFolder, ...beside].flatMap((folder) => {
    const environment = readEnvironmentIfSound(folder);
    return environment?.stateDir === folder ? [environment] : [];
  });
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
