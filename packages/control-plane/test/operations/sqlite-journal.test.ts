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
