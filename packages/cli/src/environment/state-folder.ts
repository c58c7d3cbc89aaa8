import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { installDir } from '../install-dir.ts';
import { toFolderError } from './write-file-durably.ts';

/** Entered, not listed, by other users: the `postgres` user reaches its data through it. */
const passThroughMode = 0o711;
const freshBytesMin = 1024 ** 3;
const resumedBytesMin = 200 * 1024 ** 2;

/** The environment that is meant when none is named. */
export const mainEnvironment = 'main';
const namePattern = /^[a-z][a-z0-9-]{0,23}$/;

export interface StateFolder {
  /** Of the environment. */
  name: string;
  path: string;
  /** Why it is not the usual folder beside the installation. */
  note?: string;
}

/** The state folder of the environment that `ALWAYSON_ENV` names: the main one's, or one beside it. Throws AON_USAGE. */
export function findStateFolder(env: NodeJS.ProcessEnv, isRoot = process.getuid?.() === 0): StateFolder {
  const name = env['ALWAYSON_ENV'] || mainEnvironment;
  const { path, ...main } = findMainFolder(env, isRoot);
  return { ...main, name, path: toNamedFolder(path, name) };
}

/** Throws AON_USAGE when it cannot be a name. */
export function toNamedFolder(mainFolder: string, name: string): string {
  if (!namePattern.test(name)) {
    throw new AlwaysOnError('AON_USAGE', `"${name}" cannot be the name of an environment.`, {
      hint: 'A name has small letters, digits and hyphens, begins with a letter, and is no longer than 24.',
    });
  }
  return name === mainEnvironment ? mainFolder : `${mainFolder}-${name}`;
}

/** The main environment's folder, from that of any. */
export function toMainFolder({ name, path }: Pick<StateFolder, 'name' | 'path'>): string {
  return name === mainEnvironment ? path : path.slice(0, -(name.length + 1));
}

/**
 * `ALWAYSON_HOME`, else `.alwayson` in the installation. Engines run as `postgres` when we are root, and cannot pass through a
 * private home: then a system folder named after the installation takes its place.
 */
function findMainFolder(env: NodeJS.ProcessEnv, isRoot: boolean): Omit<StateFolder, 'name'> {
  const chosen = env['ALWAYSON_HOME'];
  const path = resolve(chosen || join(installDir, '.alwayson'));
  const barrier = isRoot ? findBarrier(dirname(path)) : undefined;
  if (barrier === undefined) return { path };
  if (chosen) {
    throw new AlwaysOnError(
      'AON_STATE_FOLDER',
      `${barrier} is closed to the user postgres, who keeps data in ${path}.`,
      {
        hint: `Run chmod o+x ${barrier}, or choose another folder with ALWAYSON_HOME.`,
      },
    );
  }
  const substitute = `/var/lib/alwayson/${toShortHash(installDir)}`;
  return {
    path: substitute,
    note: `${barrier} is closed to the user postgres, so the state folder is ${substitute}.`,
  };
}

/** The first folder on the way down that other users cannot pass. */
function findBarrier(folder: string): string | undefined {
  const above = dirname(folder) === folder ? undefined : findBarrier(dirname(folder));
  if (above !== undefined) return above;
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0o755;
  return mode & 0o001 ? undefined : folder;
}

/** Eight letters that stand for a path. */
export function toShortHash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 8);
}

/** Makes a folder, and those above it, or gives the present one the right mode. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, passThroughMode);
  } catch (error) {
    throw toFolderError(error, folder);
  }
}

/** Throws AON_DISK_FULL before anything is half made. */
export function assertDiskSpace(stateDir: string): void {
  const { bavail, bsize } = statfsSync(stateDir);
  const isFresh = !holdsData(stateDir);
  const needed = isFresh ? freshBytesMin : resumedBytesMin;
  if (bavail * bsize >= needed) return;
  const toMiB = (bytes: number) => Math.floor(bytes / 1024 ** 2);
  throw new AlwaysOnError(
    'AON_DISK_FULL',
    `The disk of ${stateDir} has ${toMiB(bavail * bsize)} MiB left; ${toMiB(needed)} MiB are needed.`,
  );
}

/** True when units have kept files there: data that only their own environment.json opens. */
export function holdsData(stateDir: string): boolean {
  try {
    const units = join(stateDir, 'units');
    return readdirSync(units).some((zone) => readdirSync(join(units, zone)).length > 0);
  } catch {
    return false;
  }
}
