import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { giveWay, goFirst, mayRaise, standBehind, startAside, takeTurn } from '../../src/process/priority.ts';

const { PRIORITY_LOW: low, PRIORITY_BELOW_NORMAL: below, PRIORITY_ABOVE_NORMAL: above } = constants.priority;

/** The tests themselves may have been told to stand behind. */
const beside = (nice: number) => Math.min(getPriority() + nice, low);

/** In a session of its own. */
function startIdle(): number {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid ?? 0;
}

/** Null where the kernel does not share time between sessions. */
function readSessionNice(pid: number): number | null {
  try {
    const nice = /nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8'))?.[1];
    return nice === undefined ? null : Number(nice);
  } catch {
    return null;
  }
}

test.each([
  ['giveWay', giveWay, { session: low, process: low }],
  ['standBehind', standBehind, { session: below, process: below - above }],
])('%s lowers a process and its session', (_, lower, nice) => {
  const pid = startIdle();
  lower(pid);
  expect(getPriority(pid)).toBe(nice.process);
  expect([nice.session, null]).toContain(readSessionNice(pid));
});

test('who starts aside has its turn when it serves, behind those it depends on', () => {
  const pid = startIdle();
  startAside(pid);
  expect(getPriority(pid)).toBe(beside(mayRaise() ? 15 : 5));
  takeTurn(pid);
  expect(getPriority(pid)).toBe(beside(5));
});

test('who goes first does so where that is allowed, and runs all the same where it is not', () => {
  const pid = startIdle();
  const before = getPriority(pid);
  goFirst(pid);
  expect(getPriority(pid)).toBe(mayRaise() ? before + above : before);
});

test('of a process that is gone nothing is thrown', () => {
  expect(() => giveWay(2 ** 22 - 1)).not.toThrow();
  expect(() => goFirst(2 ** 22 - 1)).not.toThrow();
});
