import { chownSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { makeFolder, toShortHash } from './state-folder.ts';

/** A unix socket's path has at most 108 bytes; units add their own names. */
const bytesMax = 60;

/** Inside the state folder when its path is short enough, else below /tmp. */
export function findRunDir(stateDir: string): string {
  const inside = join(stateDir, 'run');
  return Buffer.byteLength(inside) <= bytesMax ? inside : `/tmp/alwayson-${toShortHash(stateDir)}`;
}

/** Makes it, also again after a reboot emptied /tmp. As root it belongs to `postgres`, whose sockets stand in it. */
export function makeRunDir(runDir: string): void {
  makeFolder(runDir);
  const engineUser = process.getuid?.() === 0 ? findUser('postgres') : undefined;
  if (engineUser) chownSync(runDir, engineUser.uid, engineUser.gid);
  const { uid } = lstatSync(runDir);
  if (uid !== (engineUser?.uid ?? process.getuid?.())) {
    throw new AlwaysOnError('AON_STATE_FOLDER', `${runDir} belongs to somebody else.`);
  }
}

export function findUser(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
