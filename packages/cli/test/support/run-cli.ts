import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { installDir } from '../../src/install-dir.ts';

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

const deadlineMs = 60_000;

/** Runs the command line as a person would, and gives what it said. */
export async function runCli(
  args: readonly string[],
  options: { stateDir: string; cwd?: string },
): Promise<CliRun> {
  const program = [
    '--disable-warning=ExperimentalWarning',
    join(installDir, 'packages/cli/src/main.ts'),
    ...args,
  ];
  const child = spawn(process.execPath, program, {
    cwd: options.cwd ?? '/',
    env: { PATH: process.env['PATH'], ALWAYSON_HOME: options.stateDir },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
  });
  const run: CliRun = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text));
  await new Promise((resolve) => child.once('close', resolve));
  return { ...run, code: child.exitCode };
}
