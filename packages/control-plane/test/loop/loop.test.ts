import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Controller } from '../../src/controller.ts';
import { startLoop } from '../../src/loop.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { openMemoryStore } from '../records/memory-store.ts';

function journalOf() {
  return createSqliteJournal(openMemoryStore(), Date.now);
}

function controllerOf(tick: () => Promise<void>): Controller {
  return { name: 'thing', tick, close: async () => {} };
}

test('a nudge during a tick makes one more tick, and ticks never overlap', async () => {
  let inside = 0;
  let ticks = 0;
  let overlapped = false;
  const ticked = Promise.withResolvers<void>();
  const controller = controllerOf(async () => {
    inside += 1;
    overlapped ||= inside > 1;
    await turn();
    if (ticks === 0) for (let nudge = 0; nudge < 10; nudge++) loop.nudge();
    inside -= 1;
    ticks += 1;
    if (ticks === 2) ticked.resolve();
  });
  const loop = startLoop([controller], { journal: journalOf(), now: Date.now });
  await ticked.promise;
  await loop.close();
  expect(overlapped).toBe(false);
  expect(ticks).toBe(2);
});

test('a failing tick is told once and tried again; others go on', async () => {
  const journal = journalOf();
  let failures = 0;
  let others = 0;
  const enough = Promise.withResolvers<void>();
  const failing = controllerOf(async () => {
    failures += 1;
    if (failures >= 3) enough.resolve();
    else setImmediate(() => loop.nudge());
    throw new Error('no answer');
  });
  const other = controllerOf(async () => {
    others += 1;
  });
  const loop = startLoop([failing, other], { journal, now: Date.now });
  await enough.promise;
  await loop.close();
  expect(journal.events({ limit: 10 }).map(({ message }) => message)).toEqual(['no answer']);
  expect(others).toBeGreaterThan(1);
});

test('a calm estate is looked at every other second, by who is watchful every second; what happens ends the calm', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  const ticks = { patient: 0, watchful: 0 };
  const patient = controllerOf(async () => void (ticks.patient += 1));
  const watchful: Controller = {
    ...controllerOf(async () => void (ticks.watchful += 1)),
    isWatchful: true,
  };
  let isQuiet = true;
  const context = { journal: journalOf(), now: Date.now, isQuiet: () => isQuiet };
  const loop = startLoop([patient, watchful], context);
  const ticksOf = async (seconds: number) => {
    const before = { ...ticks };
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return { patient: ticks.patient - before.patient, watchful: ticks.watchful - before.watchful };
  };
  try {
    expect(await ticksOf(30)).toEqual({ patient: 30, watchful: 30 });
    await ticksOf(2);
    expect(await ticksOf(20)).toEqual({ patient: 10, watchful: 20 });
    isQuiet = false;
    await ticksOf(2);
    expect(await ticksOf(10)).toEqual({ patient: 10, watchful: 10 });
    isQuiet = true;
    await ticksOf(2);
    expect(await ticksOf(10)).toEqual({ patient: 5, watchful: 10 });
    loop.nudge();
    expect(await ticksOf(30)).toEqual({ patient: 31, watchful: 31 });
  } finally {
    vi.useRealTimers();
    loop.nudge();
    await loop.close();
  }
});
