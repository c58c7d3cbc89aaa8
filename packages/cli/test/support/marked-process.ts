import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { toEnvironmentFile } from '../../src/environment/environment-file.ts';

/** A process that belongs to the environment of `stateDir`; killed after the test whatever happens. */
export async function startMarkedProcess(
  stateDir: string,
  script = 'setInterval(() => {}, 1000)',
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`], {
    env: { ALWAYSON_ENVIRONMENT: toEnvironmentFile(stateDir) },
    stdio: ['ignore', 'pipe', 'ignore'],
    // In a session of its own, as hosts are: what is done to that does not reach the tests.
    detached: true,
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return child;
}
