import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
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
