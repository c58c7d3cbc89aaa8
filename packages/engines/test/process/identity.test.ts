import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { groupOf, identify, isDoomed, isRunning, signalProcess } from '../../src/process/identity.ts';

test('a process is told from a later one with its pid, and from none', async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('it does not run');
  try {
    expect(isRunning(identity)).toBe(true);
    expect(isDoomed(identity)).toBe(false);
    expect(groupOf(identity)).toBe(child.pid);
    expect(identify(process.pid)?.startTime).not.toBe(identity.startTime);

    const earlier = { ...identity, startTime: '00000000-1' };
    expect(isRunning(earlier)).toBe(false);
    expect(isDoomed(earlier)).toBe(true);
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false);
    expect(isRunning(identity)).toBe(true);
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'exit');
  expect(isRunning(identity)).toBe(false);
  expect(signalProcess(identity, 'SIGTERM')).toBe(false);
});

test('a process whose SIGKILL was sent is doomed before it is gone', () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('it does not run');
  signalProcess(identity, 'SIGKILL');
  // Its exit cannot have been collected: this is still the same turn of the event loop.
  expect(isDoomed(identity)).toBe(true);
});

test('a zombie does not run', async () => {
  // The shell starts a child that ends, and becomes a program that never collects it.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = await once(parent.stdout, 'data');
    const zombie = Number(String(line));
    await expect.poll(() => identify(zombie), { timeout: 10_000 }).toBeUndefined();
    expect(() => process.kill(zombie, 0)).not.toThrow();
  } finally {
    parent.kill('SIGKILL');
  }
});
