import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { replaceFile } from '../records/replace-file.ts';
import type { ReleaseStore } from './release-store.ts';

/**
 * Tells those who cannot ask the records which release is live: `manifest.json` becomes its manifest, and `releases/live` leads to
 * it. To be repeated at every start, and cheap then: only what differs is written. Throws AON_NOT_FOUND.
 */
export function markLive(
  store: Pick<ReleaseStore, 'manifest'>,
  { stateDir }: Pick<Environment, 'stateDir'>,
  digest: string,
): void {
  const text = `${JSON.stringify(store.manifest(digest), null, 2)}\n`;
  const file = join(stateDir, 'manifest.json');
  if (orNull(() => readFileSync(file, 'utf8')) !== text) replaceFile(file, text);
  const link = join(stateDir, 'releases', 'live');
  if (orNull(() => readlinkSync(link)) === digest) return;
  const partial = `${link}.partial`;
  rmSync(partial, { force: true });
  symlinkSync(digest, partial);
  renameSync(partial, link);
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
