import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { installDir } from '../../src/install-dir.ts';

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

const deadlineMs = 60_000;

export interface CliOptions {
  stateDir: string;
  cwd?: string;
  /** Ctrl-C, once standard error has this. */
  interruptAt?: string;
}

/** Runs the command line as a person would, and gives what it said. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const program = [
    '--disable-warning=ExperimentalWarning',
    join(installDir, 'packages/cli/src/main.ts'),
    ...args,
  ];
  const child = spawn(process.execPath, program, {
    cwd: options.cwd ?? '/',
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ALWAYSON_HOME: options.stateDir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
  });
  const run: CliRun = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const before = run.stderr.includes(options.interruptAt ?? '');
    run.stderr += text;
    if (!before && run.stderr.includes(options.interruptAt ?? '')) child.kill('SIGINT');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return { ...run, code: child.exitCode };
}
