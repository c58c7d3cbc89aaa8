import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root } from './repository.ts';

/** A clone with nothing but the scripts and a lockfile, and an `npm` that only notes what it was asked. */
function createClone() {
  const clone = mkdtempSync(join(tmpdir(), 'alwayson-setup-test-'));
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
  mkdirSync(join(clone, 'bin'));
  cpSync(join(root, 'scripts/setup.sh'), join(clone, 'scripts/setup.sh'));
  writeFileSync(join(clone, 'package-lock.json'), '{"lockfileVersion":3}');
  const npm = [
    '#!/bin/sh',
    'echo "$*" >>npm.log',
    'rm -rf node_modules && mkdir -p node_modules/.bin',
    'cp /bin/true node_modules/.bin/node && echo {} >node_modules/.package-lock.json',
  ];
  writeFileSync(join(clone, 'bin/npm'), npm.join('\n'));
  chmodSync(join(clone, 'bin/npm'), 0o755);
  const log = join(clone, 'npm.log');
  return {
    clone,
    /** How often npm was asked so far. */
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    run() {
      const startedAt = performance.now();
      const { status, stderr } = spawnSync('sh', [join(clone, 'scripts/setup.sh')], {
        env: { PATH: `${join(clone, 'bin')}:${process.env['PATH']}` },
        encoding: 'utf8',
      });
      return { status, stderr, durationMs: performance.now() - startedAt };
    },
  };
}

test('installs the packages of a fresh clone once; a second run does nothing, quickly and quietly', () => {
  const { run, calls } = createClone();
  expect(run()).toMatchObject({ status: 0, stderr: expect.stringContaining('installing npm packages') });
  expect(calls()).toEqual(['install --no-save --no-audit --no-fund --loglevel=error']);
  const runs = [run(), run(), run()];
  for (const { status, stderr } of runs) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(Math.min(...runs.map(({ durationMs }) => durationMs))).toBeLessThan(300);
  expect(calls()).toHaveLength(1);
});

test('installs again when the lockfile changed, not when it was only touched', () => {
  const { clone, run, calls } = createClone();
  run();
  const lockfile = join(clone, 'package-lock.json');
  const later = new Date(Date.now() + 60_000);
  utimesSync(lockfile, later, later);
  run();
  expect(calls()).toHaveLength(1);
  writeFileSync(lockfile, '{"lockfileVersion":3,"packages":{}}');
  utimesSync(lockfile, later, later);
  run();
  expect(calls()).toHaveLength(2);
});

test('an install that was cut off is done again', () => {
  const { clone, run, calls } = createClone();
  run();
  rmSync(join(clone, 'node_modules'), { recursive: true });
  mkdirSync(join(clone, 'node_modules/.bin'), { recursive: true });
  expect(run().status).toBe(0);
  expect(calls()).toHaveLength(2);
});

test('packages that somebody installed by hand are taken as they are', () => {
  const { clone, run, calls } = createClone();
  mkdirSync(join(clone, 'node_modules/.bin'), { recursive: true });
  cpSync('/bin/true', join(clone, 'node_modules/.bin/node'));
  const copy = join(clone, 'node_modules/.package-lock.json');
  writeFileSync(copy, '{}');
  const later = new Date(Date.now() + 60_000);
  utimesSync(copy, later, later);
  expect(run().status).toBe(0);
  expect(calls()).toEqual([]);
});

test('when npm fails, its failure is passed on with where it was', () => {
  const { clone, run } = createClone();
  writeFileSync(join(clone, 'bin/npm'), '#!/bin/sh\necho "no network" >&2\nexit 7\n');
  expect(run()).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/no network\n.*npm install failed/s),
  });
});
