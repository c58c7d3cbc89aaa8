import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of its own for one test, passable for other users, gone afterwards. */
export function createScratch(): string {
  const folder = mkdtempSync('/tmp/alwayson-cli-test-');
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A state folder's path: it does not exist yet. */
export function createStateDir(): string {
  return join(createScratch(), 'state');
}
