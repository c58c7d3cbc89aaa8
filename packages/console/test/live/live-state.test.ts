import type { Operation } from '@alwayson/protocol/operations.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../src/live/backoff.ts';
import { decideLiveState, eventsMax, initialLiveState, type LiveState } from '../../src/live/live-state.ts';
import { createEvents, failover } from '../support/estate-fixture.ts';

const history = createEvents(eventsMax + 500);
const slice = (from: number, to: number) => history.slice(from - 1, to);
const seqs = (state: LiveState) => state.events.map((event) => event.seq);

function afterConnect(from: number, to: number): LiveState {
  return decideLiveState(initialLiveState, {
    type: 'newest-events',
    events: slice(from, to),
    complete: from === 1,
  });
}

test('a reconnect that joins on keeps what was loaded', () => {
  const state = decideLiveState(afterConnect(101, 300), {
    type: 'newest-events',
    events: slice(110, 309),
    complete: false,
  });
  expect(seqs(state)).toEqual(Array.from({ length: 209 }, (_, index) => 309 - index));
});

test('a reconnect after a longer gap replaces the list: no hole stays hidden', () => {
  const state = decideLiveState(afterConnect(1, 200), {
    type: 'newest-events',
    events: slice(301, 500),
    complete: false,
  });
  expect([seqs(state)[0], seqs(state).at(-1), state.eventsComplete]).toEqual([500, 301, false]);
});

test('a history that counts from 1 again replaces the old one', () => {
  const state = decideLiveState(afterConnect(101, 300), {
    type: 'newest-events',
    events: slice(1, 5),
    complete: true,
  });
  expect([seqs(state), state.eventsComplete]).toEqual([[5, 4, 3, 2, 1], true]);
});

test('in whatever order and however often events arrive, each is listed once, newest first, bounded', () => {
  const chunk = fc
    .tuple(fc.nat(eventsMax), fc.nat(400))
    .map(([from, length]) => history.slice(from, from + length));
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      let state = initialLiveState;
      for (const events of chunks) {
        state = decideLiveState(state, { type: 'older-events', events, complete: false });
      }
      const listed = seqs(state);
      const expected = [...new Set(chunks.flat().map((event) => event.seq))].toSorted((a, b) => b - a);
      expect(listed).toEqual(expected.slice(0, eventsMax));
    }),
    { numRuns: 50 },
  );
});

test('a list that was asked for does not bring an ended operation back to life', () => {
  const ended: Operation = { ...failover, state: 'succeeded', endedAt: '2026-11-20T10:00:00.000Z' };
  const shown = decideLiveState(initialLiveState, { type: 'operation', operation: ended });
  const state = decideLiveState(shown, { type: 'operations', operations: [failover] });
  expect(state.operations).toEqual([ended]);
});

test('waits double from half a second and stay below twelve', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(attempt, 0.5))).toEqual([
    500, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ]);
  expect(backoffMs(9, 1)).toBe(12_000);
  expect(backoffMs(0, 0)).toBe(400);
});
