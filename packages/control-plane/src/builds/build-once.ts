import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

const run = promisify(execFile);
const buildDeadlineMs = 300_000;
const outputBytesMax = 4 * 1024 * 1024;

export interface BuildInput {
  /** What is built, for messages. */
  name: string;
  command: readonly string[];
  cwd: string;
  /** The folder to fill, named by content: when it exists, nothing is done. */
  outDir: string;
  /** The name of the variable through which the command learns where to write. */
  environment: Record<string, string>;
}

/**
 * Runs a build command once per content: into a folder beside, renamed when it succeeded, so that a folder that exists is
 * whole. Throws AON_BUILD_FAILED with the end of the command's output.
 */
export async function buildOnce({ name, command, cwd, outDir, environment }: BuildInput): Promise<string> {
  if (await exists(outDir)) return outDir;
  const partial = `${outDir}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(dirname(outDir), { recursive: true });
  const [program, ...args] = command.map((word) => (word === '{out}' ? partial : word));
  if (program === undefined)
    throw new AlwaysOnError('AON_BUILD_FAILED', `The build of ${name} names no command.`);
  try {
    await run(program === 'node' ? process.execPath : program, args, {
      cwd,
      env: { ...process.env, ...environment, ALWAYSON_BUILD_DIR: partial },
      timeout: buildDeadlineMs,
      maxBuffer: outputBytesMax,
    });
    await rename(partial, outDir);
    return outDir;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).slice(-2000) : '';
    const failure = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new AlwaysOnError('AON_BUILD_FAILED', `The build of ${name} failed: ${failure}\n${output}`, {
      cause: error,
    });
  }
}

async function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
