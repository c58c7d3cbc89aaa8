import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AlwaysOnError, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { CommandFailure } from './run-isolated.ts';

const failedLogsMax = 5;
const diskFullCodes = new Set(['ENOSPC', 'EDQUOT']);

export interface FailedLog {
  /** Where it is now. */
  file: string;
  /** Its last lines. */
  tail: string;
  /** The folder of all releases. */
  root: string;
  version: string;
  now: number;
}

/** What is thrown for a command that failed. Its log is kept, beside those of the last few that failed. */
export async function toBrokenRelease(failure: CommandFailure, log: FailedLog): Promise<AlwaysOnError> {
  if (/ENOSPC|No space left on device/i.test(log.tail)) return diskFull(failure, log.tail);
  const kept = await keepFailedLog(log);
  const message = `The release ${log.version} could not be made: ${failure.message}.\n${log.tail}\nAll of it: ${kept}`;
  return new AlwaysOnError('AON_RELEASE_BROKEN', message, { cause: failure });
}

/** Anything else that ends a preparation, with a code of the catalogue where it has one. */
export function toPrepareError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return new AlwaysOnError('AON_INTERRUPTED', 'The preparation of the release was called off.', {
      cause: error,
    });
  }
  if (isAlwaysOnError(error) || !(error instanceof Error)) return error;
  const { code = '', path } = error as NodeJS.ErrnoException;
  if (diskFullCodes.has(code)) return diskFull(error, error.message);
  if (path === undefined) return error;
  return new AlwaysOnError('AON_RELEASE_UNSUITABLE', `${path} could not be copied: ${error.message}.`, {
    cause: error,
    hint: 'It may have changed meanwhile, or be closed to the user that runs AlwaysOn.',
  });
}

function diskFull(cause: Error, detail: string): AlwaysOnError {
  return new AlwaysOnError('AON_DISK_FULL', `No space is left to make the release.\n${detail}`, { cause });
}

async function keepFailedLog({ file, root, version, now }: FailedLog): Promise<string> {
  const folder = join(root, '.failed');
  await mkdir(folder, { recursive: true });
  const kept = join(folder, `${new Date(now).toISOString().replaceAll(':', '')}-${version}.log`);
  await rename(file, kept);
  const logs = (await readdir(folder)).sort();
  for (const old of logs.slice(0, -failedLogsMax)) await rm(join(folder, old));
  return kept;
}
