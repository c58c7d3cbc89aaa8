import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** Replaces a file as a whole or not at all; on the disk when it returns. */
export function writeFileDurably(file: string, content: string, mode: number): void {
  const partial = `${file}.partial-${process.pid}`;
  try {
    withFile(openSync(partial, 'w', mode), (descriptor) => {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
    });
    renameSync(partial, file);
    withFile(openSync(dirname(file), 'r'), fsyncSync);
  } catch (error) {
    rmSync(partial, { force: true });
    throw toFolderError(error, file);
  }
}

function withFile(descriptor: number, use: (descriptor: number) => void): void {
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const diskFullCodes = new Set(['ENOSPC', 'EDQUOT']);

/** A failure to write below the state folder, with the code of the catalogue. */
export function toFolderError(error: unknown, path: string): AlwaysOnError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (diskFullCodes.has(code)) {
    return new AlwaysOnError('AON_DISK_FULL', `No space is left to write ${path}.`, { cause: error });
  }
  return new AlwaysOnError('AON_STATE_FOLDER', `${path} cannot be written: ${message}.`, { cause: error });
}
