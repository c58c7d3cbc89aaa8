import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findEnvironmentProcesses, isSameProcess, readProcess } from '../../src/environment/process-table.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { createStateDir } from '../support/scratch.ts';

test('finds marked processes and their children, and no others', async () => {
  const stateDir = createStateDir();
  const child = await startMarkedProcess(
    stateDir,
    `require('child_process').spawn('sleep', ['600'], { env: {} })`,
  );
  await startMarkedProcess(createStateDir());
  const found = findEnvironmentProcesses(stateDir);
  expect(found.find(({ pid }) => pid === child.pid)).toBeDefined();
  const sleeper = found.find(({ name }) => name === 'sleep');
  expect(sleeper?.parent).toBe(child.pid);
  expect(found).toHaveLength(2);
  if (sleeper) process.kill(sleeper.pid, 'SIGKILL');
});

test('finds an engine that wiped its variables by where its output goes', () => {
  const stateDir = createStateDir();
  const logs = join(stateDir, 'units/west-1/queue-west-1/log');
  mkdirSync(logs, { recursive: true });
  const log = openSync(join(logs, 'unit.log'), 'a');
  const child = spawn('sleep', ['600'], { env: {}, stdio: ['ignore', log, log] });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(findEnvironmentProcesses(stateDir).map(({ pid }) => pid)).toEqual([child.pid]);
});

test('a pid with another start time is another process', () => {
  const own = readProcess(process.pid);
  expect(own && isSameProcess(own)).toBe(true);
  expect(isSameProcess({ pid: process.pid, startedAt: '1' })).toBe(false);
  expect(readProcess(2 ** 30)).toBeUndefined();
});
