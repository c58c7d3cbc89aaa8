import { constants, getPriority, setPriority } from 'node:os';
import { expect, test } from 'vitest';
import { lifted } from '../../src/drill/lift-copy.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { createStateDir } from '../support/scratch.ts';

const { PRIORITY_NORMAL: normal, PRIORITY_BELOW_NORMAL: below } = constants.priority;

test.skipIf(process.getuid?.() !== 0)('only for the length of the work, also when that fails', async () => {
  const stateDir = createStateDir();
  const { pid } = await startMarkedProcess(stateDir);
  if (pid === undefined) throw new Error('It did not start.');
  setPriority(pid, below);
  expect(await lifted(stateDir, async () => getPriority(pid))).toBe(normal);
  expect(getPriority(pid)).toBe(below);
  await expect(lifted(stateDir, () => Promise.reject(new Error('No.')))).rejects.toThrow('No.');
  expect(getPriority(pid)).toBe(below);
  // Who stands behind the others of its environment does so all the time.
  setPriority(pid, below + 5);
  expect(await lifted(stateDir, async () => getPriority(pid))).toBe(5);
  expect(getPriority(pid)).toBe(below + 5);
});
