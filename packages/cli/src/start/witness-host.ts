import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { HostStatus } from '@alwayson/protocol/units.ts';
import { findWitnessHost } from '../client/host-client.ts';
import { toEnvironmentFile } from '../environment/environment-file.ts';
import { toSystemPath } from '../prerequisites/find-program.ts';
import { toFolderError } from '../environment/write-file-durably.ts';

const hostDeadlineMs = 30_000;
const pollEveryMs = 100;
const logLinesShown = 15;

/** What processes of the environment inherit of the caller's variables; all else (npm's, the shell's own) stays out. */
const inherited = ['HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];

/** Starts the witness host in a session of its own, so that it outlives the caller, and waits until it answers. */
export async function startWitnessHost(environment: Environment, signal: AbortSignal): Promise<HostStatus> {
  const logFile = join(environment.stateDir, 'hosts/witness/host.log');
  const child = spawnHost(environment, logFile);
  let exit: string | undefined;
  child.once('error', (error) => (exit = error.message));
  child.once('exit', (code, killedBy) => (exit = `it ended with ${killedBy ?? `code ${code}`}`));
  const deadline = performance.now() + hostDeadlineMs;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    const status = await findWitnessHost(environment);
    if (status) return status;
    if (exit !== undefined) throw toStartError(`The witness host did not start: ${exit}.`, logFile);
    await delay(pollEveryMs);
  }
  throw toStartError(`The witness host did not answer within ${hostDeadlineMs / 1000} s.`, logFile);
}

function spawnHost(environment: Environment, logFile: string) {
  const log = openLog(logFile);
  try {
    const child = spawn(
      process.execPath,
      [join(environment.installDir, 'packages/agents/src/host/main.ts')],
      {
        cwd: environment.stateDir,
        detached: true,
        stdio: ['ignore', log, log],
        env: {
          ...pickInherited(process.env),
          NODE_ENV: 'production',
          NODE_COMPILE_CACHE: join(environment.stateDir, 'cache/node'),
          ALWAYSON_ENVIRONMENT: toEnvironmentFile(environment.stateDir),
          ALWAYSON_ZONE: 'witness',
        },
      },
    );
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw toFolderError(error, file);
  }
}

function pickInherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = inherited.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return { ...Object.fromEntries(kept), PATH: toSystemPath(env['PATH']) };
}

function toStartError(message: string, logFile: string): AlwaysOnError {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-logLinesShown);
  return new AlwaysOnError(
    'AON_UNIT_START_FAILED',
    [message, ...lines.map((line) => `  | ${line}`)].join('\n'),
    {
      hint: `See ${logFile}.`,
    },
  );
}
