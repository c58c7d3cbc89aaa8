import { expect, test } from 'vitest';
import {
  addSequence,
  addUnanswered,
  createLineSequences,
  LineSequences,
} from '../../src/observer/line-sequence.ts';

const add = (sequences: LineSequences, boot: string, fresh: boolean) =>
  addSequence(sequences, { boot, seq: 1 }, { fresh, nowMs: 0 });

test('dropped requests are told as what is new since the process last told, and a datagram that comes twice counts once', () => {
  const sequences = createLineSequences();
  add(sequences, '100.7', true);
  expect([3, 3, 5, 4].map((count) => addUnanswered(sequences, { pid: 7, count }))).toEqual([3, 0, 2, 0]);
  // The process after a reload has a number of its own.
  add(sequences, '200.8', true);
  expect(addUnanswered(sequences, { pid: 8, count: 1 })).toBe(1);
  expect(addUnanswered(sequences, { pid: 7, count: 6 })).toBe(1);
});

test('what a process dropped before anybody listened is not new, and nor is it after a restart of the observer', () => {
  const sequences = createLineSequences();
  expect(addUnanswered(sequences, { pid: 7, count: 9 })).toBe(0);
  add(sequences, '100.7', false);
  expect([9, 10].map((count) => addUnanswered(sequences, { pid: 7, count }))).toEqual([0, 1]);
  const kept = LineSequences.parse(JSON.parse(JSON.stringify(sequences)));
  expect(addUnanswered(kept, { pid: 7, count: 12 })).toBe(2);
  const [boot] = sequences.boots;
  const { unanswered: _, ...before } = boot ?? { unanswered: 0 };
  expect(LineSequences.parse({ settled: 0, boots: [before] }).boots[0]).toMatchObject({ unanswered: null });
});
