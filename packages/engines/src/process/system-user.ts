import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

export interface SystemUser {
  uid: number;
  gid: number;
  home: string;
}

const run = promisify(execFile);
const known = new Map<string, Promise<SystemUser>>();

/** Looks a user up by name, once: ids differ per machine. Throws AON_PREREQUISITE_MISSING when there is none. */
export function lookupUser(name: string): Promise<SystemUser> {
  const lookup = known.get(name) ?? readUser(name);
  known.set(name, lookup);
  lookup.catch(() => known.delete(name));
  return lookup;
}

async function readUser(name: string): Promise<SystemUser> {
  try {
    const { stdout } = await run('getent', ['passwd', name]);
    const [, , uid, gid, , home] = stdout.trim().split(':');
    return { uid: Number(uid), gid: Number(gid), home: home ?? '/' };
  } catch (cause) {
    throw new AlwaysOnError('AON_PREREQUISITE_MISSING', `This machine has no user ${name}.`, { cause });
  }
}
