import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { waitUntilRunning } from '../../src/start/wait-until-running.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createStateDir } from '../support/scratch.ts';
import { cutOff, startStandInControlPlane } from '../support/stand-in-control-plane.ts';

test('a start that somebody else stops ends with its last process, not at its deadline', async () => {
  const stateDir = createStateDir();
  const dying = await startStandInControlPlane(() => cutOff);
  const environment = await createSampleEnvironment(stateDir, { frontDoor: 18_201, console: dying.port });
  const host = await startMarkedProcess(stateDir);
  let waits = true;
  const waiting = waitUntilRunning(environment, new AbortController().signal).finally(() => (waits = false));
  const ended = expect(waiting).rejects.toMatchObject({ code: 'AON_NOT_RUNNING' });
  // As long as a process of it lives, the control plane may come back.
  await vi.waitFor(() => expect(dying.requests.length).toBeGreaterThan(2), { timeout: 20_000 });
  expect(waits).toBe(true);
  const exit = once(host, 'exit');
  host.kill('SIGKILL');
  await exit;
  await ended;
});
