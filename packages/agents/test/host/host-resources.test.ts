import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { measureDescriptors, measureDisk, watchResources } from '../../src/host/host-resources.ts';

test('the disk is as full as df says', async () => {
  const [, used = ''] = execFileSync('df', ['--output=pcent', tmpdir()], { encoding: 'utf8' }).split('\n');
  const blocks = Number.parseInt(used, 10) / 100;
  const ratio = await measureDisk(tmpdir());
  // df rounds up; others use the disk meanwhile; inodes may be scarcer.
  expect(ratio).toBeGreaterThan(blocks - 0.03);
  expect(ratio).toBeLessThanOrEqual(1);
});

test('open files are counted against the limit of their own process', async () => {
  const open =
    'ulimit -n 40; for n in 1 2 3 4 5 6 7 8; do eval "exec 1$n</dev/null"; done; echo ok; sleep 60';
  const child = spawn('bash', ['-c', open], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  onTestFinished(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });
  await once(child.stdout, 'data');
  const ratio = measureDescriptors(child.pid ?? 0);
  expect(ratio).toBeGreaterThanOrEqual(11 / 40);
  expect(ratio).toBeLessThan(0.5);
});

test('a process that is gone has no open files', () => {
  expect(existsSync('/proc/999999999')).toBe(false);
  expect(measureDescriptors(999_999_999)).toBe(0);
});

test('the first measurement is news', async () => {
  const news = Promise.withResolvers<void>();
  const watch = watchResources({ folder: tmpdir(), pids: () => [process.pid], onNews: news.resolve });
  onTestFinished(() => watch.close());
  expect(watch.current()).toBeUndefined();
  await news.promise;
  expect(watch.current()).toMatchObject({ at: expect.any(String), diskUsedRatio: expect.any(Number) });
});
