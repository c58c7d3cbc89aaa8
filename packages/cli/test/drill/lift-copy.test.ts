import { constants, getPriority, setPriority } from 'node:os';
import { expect, test } from 'vitest';
import { lifted } from '../../src/drill/lift-copy.ts';
import { sandboxNice } from '@alwayson/protocol/sandbox-priority.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { createStateDir } from '../support/scratch.ts';

const { PRIORITY_NORMAL: normal, PRIORITY_ABOVE_NORMAL: above } = constants.priority;
const behind = sandboxNice.process;

test.skipIf(process.getuid?.() !== 0)('only for the length of the work, also when that fails', async () => {
  const stateDir = createStateDir();
  const { pid } = await startMarkedProcess(stateDir);
  if (pid === undefined) throw new Error('It did not start.');
  setPriority(pid, behind);
  expect(await lifted(stateDir, async () => getPriority(pid))).toBe(normal);
  expect(getPriority(pid)).toBe(behind);
  await expect(lifted(stateDir, () => Promise.reject(new Error('No.')))).rejects.toThrow('No.');
  expect(getPriority(pid)).toBe(behind);
  // Who goes before the others of its environment does so all the time.
  setPriority(pid, behind + above);
  expect(await lifted(stateDir, async () => getPriority(pid))).toBe(above);
  expect(getPriority(pid)).toBe(behind + above);
});
