import { expect, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { openMemoryStore } from '../records/memory-store.ts';

const at = Date.parse('2026-01-01T00:00:00Z');
const note = { severity: 'info', type: 'thing.happened', entity: 'thing', message: 'It happened.' } as const;

test('events come back in order, newest page first asked, then onwards from a sequence number', () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  for (let index = 0; index < 5; index++) journal.event({ ...note, data: { index } });
  expect(journal.events({ limit: 2 }).map(({ seq }) => seq)).toEqual([4, 5]);
  expect(journal.events({ before: 3, limit: 5 }).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(journal.events({ after: 0, limit: 2 }).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(journal.events({ after: 2, limit: 2 }).map(({ seq }) => seq)).toEqual([3, 4]);
  expect(journal.events({ after: 5, limit: 2 })).toEqual([]);
});

test('an operation is in the journal before its first step acts', async () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const handle = journal.begin({ kind: 'move', title: 'Move it', steps: ['lift', 'carry', 'rest'] });
  await handle.step('lift', async (waitingFor) => {
    waitingFor('the crane');
    const step = journal.operation(handle.id)?.steps[0];
    expect(step).toMatchObject({ name: 'lift', state: 'running', waitingFor: 'the crane' });
  });
  const ended = handle.succeed({ gapMs: 3 });
  expect(ended.steps.map(({ state }) => state)).toEqual(['done', 'skipped', 'skipped']);
  expect(journal.operations(5)).toEqual([ended]);
});

test('a step that throws fails the operation with its code', async () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const handle = journal.begin({ kind: 'move', title: 'Move it', steps: ['lift'] });
  const failing = handle.step('lift', async () => {
    throw new Error('too heavy');
  });
  await expect(failing).rejects.toThrow('too heavy');
  expect(handle.fail(new Error('too heavy'))).toMatchObject({
    state: 'failed',
    error: { code: 'AON_INTERNAL', message: 'too heavy' },
  });
});

test('operations that a dead control plane left running are ended when the next one starts', () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const handle = journal.begin({ kind: 'move', title: 'Move it', steps: ['lift'] });
  journal.closeInterrupted();
  expect(journal.operation(handle.id)).toMatchObject({ state: 'failed', error: { code: 'AON_INTERRUPTED' } });
});

test('listeners hear every event and operation until they stop listening', () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const heard: string[] = [];
  const stop = journal.listen({
    event: ({ type }) => heard.push(type),
    operation: ({ state }) => heard.push(state),
  });
  journal.begin({ kind: 'move', title: 'Move it', steps: [] }).succeed();
  stop();
  journal.event(note);
  expect(heard).toEqual(['running', 'operation.started', 'succeeded', 'operation.succeeded']);
});

test('a cancelled operation begins no further step of the way there, and goes its way back', async () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const steps = ['lift', 'carry', 'hand over', 'rest', 'back'];
  const handle = journal.begin({ kind: 'move', title: 'Move it', steps, cancellableBefore: 'hand over' });
  const lifting = handle.step('lift', async () => {
    expect(journal.cancel(handle.id, 'kim')).toMatchObject({ state: 'running', isCancellable: false });
    handle.signal.throwIfAborted();
  });
  await expect(lifting).rejects.toMatchObject({ code: 'AON_CANCELLED', message: 'kim cancelled it.' });
  for (const step of ['carry', 'hand over'])
    await expect(handle.step(step, async () => 'done')).rejects.toMatchObject({ code: 'AON_CANCELLED' });
  expect(() => journal.cancel(handle.id, 'kim')).toThrow(/already/);
  expect(await handle.step('back', async () => 'back')).toBe('back');
  handle.rollBack(handle.signal.reason);
  const ended = journal.operation(handle.id);
  expect(ended).toMatchObject({ state: 'rolled-back', error: { code: 'AON_CANCELLED' } });
  expect(ended?.steps.map(({ state }) => state)).toEqual(['failed', 'skipped', 'skipped', 'skipped', 'done']);
  expect(journal.events({ limit: 10 }).map(({ type }) => type)).toContain('operation.cancelled');
});

test('it is too late from the point of no return on, after the end, and for what has none', async () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const input = { kind: 'move', title: 'Move it', steps: ['carry', 'hand over'] };
  const handle = journal.begin({ ...input, cancellableBefore: 'hand over' });
  expect(handle.read().isCancellable).toBe(true);
  await handle.step('carry', async () => {});
  await handle.step('hand over', async () => {
    expect(handle.read().isCancellable).toBe(false);
    expect(() => journal.cancel(handle.id, 'kim')).toThrow(expect.objectContaining({ code: 'AON_TOO_LATE' }));
  });
  expect(handle.signal.aborted).toBe(false);
  expect(handle.succeed()).not.toHaveProperty('isCancellable');
  expect(() => journal.cancel(handle.id, 'kim')).toThrow(/has ended/);
  const endless = journal.begin(input);
  expect(() => journal.cancel(endless.id, 'kim')).toThrow(/cannot be cancelled/);
  expect(() => journal.cancel('nothing', 'kim')).toThrow(expect.objectContaining({ code: 'AON_NOT_FOUND' }));
});

test('what is resumed runs again, without the error it had ended with', async () => {
  const journal = createSqliteJournal(openMemoryStore(), () => at);
  const handle = journal.begin({ kind: 'move', title: 'Move it', steps: ['lift', 'carry'] });
  await handle.step('lift', async () => {});
  await handle.step('carry', () => Promise.reject(new Error('too heavy'))).catch(() => {});
  const resumed = journal.resume(handle.fail(new Error('too heavy')));
  expect(journal.operation(handle.id)).toMatchObject({ state: 'running' });
  expect(journal.operation(handle.id)).not.toHaveProperty('error');
  await resumed.step('carry', async () => {});
  expect(resumed.succeed().steps.map(({ state }) => state)).toEqual(['done', 'done']);
});
