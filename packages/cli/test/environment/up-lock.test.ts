import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { takeUpLock } from '../../src/environment/up-lock.ts';
import { createScratch } from '../support/scratch.ts';

test('one at a time; released, it can be taken again and nothing is left', () => {
  const folder = createScratch();
  const release = takeUpLock(folder);
  expect(() => takeUpLock(folder)).toThrow(expect.objectContaining({ code: 'AON_ALREADY_RUNNING' }));
  release();
  takeUpLock(folder)();
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['{"pid":1073741824,"startedAt":"5"}', `{"pid":${process.pid},"startedAt":"5"}`, 'half a li'])(
  "a dead holder's lock (%s) is taken over",
  (content) => {
    const folder = createScratch();
    writeFileSync(join(folder, 'up.lock'), content);
    const release = takeUpLock(folder);
    expect(() => takeUpLock(folder)).toThrow(/Another .* is starting/);
    release();
  },
);

test('of many that start at once over a stale lock exactly one wins', async () => {
  const folder = createScratch();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'up.lock'), '{"pid":1073741824,"startedAt":"5"}');
  const module = join(import.meta.dirname, '../../src/environment/up-lock.ts');
  // Each holds what it takes until all have tried.
  const script = `import { takeUpLock } from ${JSON.stringify(module)};
    try { takeUpLock(${JSON.stringify(folder)}); console.log('won'); } catch (error) { console.log(error.code); }
    setTimeout(() => {}, 3000);`;
  const runs = Array.from({ length: 6 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
  );
  const answers = (await Promise.all(runs)).map(({ stdout }) => stdout.trim()).toSorted();
  expect(answers).toEqual([...Array.from({ length: 5 }, () => 'AON_ALREADY_RUNNING'), 'won']);
});
