import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findEnvironmentProcesses } from '../../src/environment/process-table.ts';
import { purgeEnvironment } from '../../src/stop/purge-environment.ts';
import { stopEnvironment } from '../../src/stop/stop-environment.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createScratch, createStateDir } from '../support/scratch.ts';

const note = () => undefined;

test('without any host, processes of the environment get SIGTERM, and others live on', async () => {
  const stateDir = createStateDir();
  await createSampleEnvironment(stateDir);
  const own = await startMarkedProcess(stateDir);
  const foreign = await startMarkedProcess(createStateDir());
  const exit = once(own, 'exit');
  expect(await stopEnvironment({ stateDir, note })).toBe(1);
  expect(await exit).toEqual([null, 'SIGTERM']);
  expect(foreign.exitCode).toBeNull();
  expect(await stopEnvironment({ stateDir, note })).toBe(0);
});

test('even when environment.json is lost; in a hurry what ignores SIGTERM is killed at once', async () => {
  const stateDir = createStateDir();
  const stubborn = await startMarkedProcess(
    stateDir,
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`,
  );
  const exit = once(stubborn, 'exit');
  await stopEnvironment({ stateDir, note, hurry: AbortSignal.abort() });
  expect(await exit).toEqual([null, 'SIGKILL']);
  expect(findEnvironmentProcesses(stateDir)).toEqual([]);
});

test('purge removes the state folder and the folder of the sockets', async () => {
  const stateDir = createStateDir();
  const { runDir } = await createSampleEnvironment(stateDir);
  expect(purgeEnvironment(stateDir)).toEqual([runDir, stateDir]);
  expect(existsSync(stateDir) || existsSync(runDir)).toBe(false);
  expect(purgeEnvironment(stateDir)).toEqual([]);
});

test('purge leaves a folder alone that is no state folder', () => {
  const folder = createScratch();
  writeFileSync(join(folder, 'thesis.txt'), 'mine');
  mkdirSync(join(folder, 'hosts'));
  expect(() => purgeEnvironment(folder)).toThrow(expect.objectContaining({ code: 'AON_STATE_FOLDER' }));
  expect(existsSync(join(folder, 'thesis.txt'))).toBe(true);
});
