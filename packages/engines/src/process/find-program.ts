import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** Where packages put programs; ordinary users do not have all of these in PATH. */
const usualDirs = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** A program by its name, absolute. Throws AON_PREREQUISITE_MISSING. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string {
  const dirs = [...path.split(delimiter).filter((dir) => dir !== ''), ...usualDirs];
  const found = dirs.map((dir) => join(dir, name)).find(isExecutable);
  if (found !== undefined) return found;
  throw new AlwaysOnError('AON_PREREQUISITE_MISSING', `The program ${name} is not installed.`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
