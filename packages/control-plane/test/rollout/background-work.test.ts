import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { expect, test } from 'vitest';
import { createBackgroundWork } from '../../src/rollout/background-work.ts';

test('a key is worked on once, and its end is told', async () => {
  let told = 0;
  let runs = 0;
  const work = createBackgroundWork(() => {
    told += 1;
  });
  const run = async () => {
    runs += 1;
  };
  expect(work.look('a', run)).toEqual({ kind: 'open' });
  await expect.poll(() => told).toBe(1);
  expect(work.look('a', run)).toEqual({ kind: 'done' });
  expect(runs).toBe(1);
  work.reset();
  expect(work.look('a', run)).toEqual({ kind: 'open' });
  await expect.poll(() => told).toBe(2);
  expect(runs).toBe(2);
  await work.close();
});

test('a failure keeps its reason and its code, and another key gives up what ran', async () => {
  const work = createBackgroundWork(() => {});
  const refuse = async () => {
    throw new AlwaysOnError('AON_PLAN_CHANGED', 'The plan is another one.');
  };
  work.look('a', refuse);
  await expect
    .poll(() => work.look('a', refuse))
    .toEqual({ kind: 'failed', reason: 'The plan is another one.', code: 'AON_PLAN_CHANGED' });
  let signal: AbortSignal | undefined;
  work.look('b', async (given) => {
    signal = given;
    await new Promise((resolve) => given.addEventListener('abort', resolve, { once: true }));
  });
  expect(signal?.aborted).toBe(false);
  work.look('c', async () => {});
  expect(signal?.aborted).toBe(true);
  await work.close();
});
