import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { goBeside } from '@alwayson/engines/process/priority.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { RecoveryMode } from '@alwayson/protocol/recovery.ts';

export interface DrillProcess {
  /** When it has: null, or how it failed. That the drill itself has failed is no failure: it has filed that. */
  ended: Promise<string | null>;
  /** Asks it to remove its copy and to end. */
  stop(): void;
}

/** Exit codes of a drill that was filed, passed or failed. */
const filed = [0, 1];

/**
 * Runs `./alwayson drill` for the environment. It is not one of the control plane's own processes, whose end would end it and leave its copy
 * behind; `down` finds it by its variable.
 */
export function startDrillProcess(
  { name, stateDir, installDir }: Environment,
  mode: RecoveryMode,
  owner: string,
): DrillProcess {
  const log = openSync(join(stateDir, 'control-plane', 'drill.log'), 'w', 0o600);
  const child = spawn(join(installDir, 'alwayson'), ['drill', mode, '--owner', owner, '--json'], {
    cwd: installDir,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: process.env.HOME ?? '/',
      LANG: process.env.LANG ?? 'C.UTF-8',
      ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
      ALWAYSON_HOME: name === 'main' ? stateDir : stateDir.slice(0, -(name.length + 1)),
      ALWAYSON_ENV: name,
      ALWAYSON_ENVIRONMENT: join(stateDir, 'environment.json'),
    },
  });
  closeSync(log);
  if (child.pid !== undefined) goBeside(child.pid);
  child.unref();
  return {
    ended: new Promise((resolve) => {
      child.once('error', ({ message }) => resolve(message));
      child.once('exit', (code, signal) => {
        const isFiled = code !== null && filed.includes(code);
        resolve(isFiled ? null : `${signal ?? `exit code ${code}`}; see control-plane/drill.log`);
      });
    }),
    stop: () => void child.kill('SIGTERM'),
  };
}
