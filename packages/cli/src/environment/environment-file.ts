import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { holdsData } from './state-folder.ts';
import { toFolderError, writeFileDurably } from './write-file-durably.ts';

export function toEnvironmentFile(stateDir: string): string {
  return join(stateDir, 'environment.json');
}

/** A second copy: without the passwords in it nobody opens the data beside it. */
function toCopyFile(stateDir: string): string {
  return join(stateDir, 'environment.copy.json');
}

/** Both copies, 0600, on the disk when it returns. */
export function writeEnvironment(environment: Environment): void {
  const text = `${JSON.stringify(environment, null, 2)}\n`;
  writeFileDurably(toCopyFile(environment.stateDir), text, 0o600);
  writeFileDurably(toEnvironmentFile(environment.stateDir), text, 0o600);
}

/** The environment of a state folder; undefined when none was ever made. AON_STATE_CORRUPT when no copy can be read. */
export function readEnvironment(stateDir: string): Environment | undefined {
  const found = [toEnvironmentFile(stateDir), toCopyFile(stateDir)].filter((file) => existsSync(file));
  const readable = found.map(tryRead).find((environment) => environment !== undefined);
  if (readable || found.length === 0) return readable;
  throw new AlwaysOnError('AON_STATE_CORRUPT', `${found.join(' and ')} cannot be read.`);
}

/** As readEnvironment, for what must work with a damaged state folder too: undefined then. */
export function readEnvironmentIfSound(stateDir: string): Environment | undefined {
  try {
    return readEnvironment(stateDir);
  } catch {
    return undefined;
  }
}

/**
 * As readEnvironment, and puts the folder in order: a damaged file is set aside and replaced by its good copy. Throws
 * AON_STATE_CORRUPT when there is data and no good copy: new passwords would lock it away.
 */
export function repairEnvironment(stateDir: string, say: (note: string) => void): Environment | undefined {
  const setAside: string[] = [];
  for (const file of [toEnvironmentFile(stateDir), toCopyFile(stateDir)]) {
    if (!existsSync(file) || tryRead(file)) continue;
    const aside = `${file}.${new Date().toISOString().replaceAll(':', '')}.corrupt`;
    try {
      renameSync(file, aside);
    } catch (error) {
      throw toFolderError(error, file);
    }
    setAside.push(aside);
  }
  const environment = readEnvironment(stateDir);
  if (environment) {
    const isWhole = existsSync(toEnvironmentFile(stateDir)) && existsSync(toCopyFile(stateDir));
    if (!isWhole) {
      writeEnvironment(environment);
      say(
        `environment.json was damaged or missing and was restored from its copy.${setAside.map((file) => ` Set aside: ${file}.`).join('')}`,
      );
    }
    return environment;
  }
  if (setAside.length === 0 && !holdsData(stateDir)) return undefined;
  const reason =
    setAside.length > 0 ? `damaged and now at ${setAside.join(' and ')}` : 'missing, but its data is there';
  throw new AlwaysOnError('AON_STATE_CORRUPT', `${toEnvironmentFile(stateDir)} is ${reason}.`, {
    hint: 'Put a good environment.json back, or give up the data with ./alwayson down --purge; see docs/runbooks/corrupt-state.md.',
  });
}

function tryRead(file: string): Environment | undefined {
  try {
    return Environment.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
