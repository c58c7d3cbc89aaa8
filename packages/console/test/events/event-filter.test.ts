import { expect, test } from 'vitest';
import { filterEvents } from '../../src/events/event-filter.ts';
import { createEvents } from '../support/estate-fixture.ts';

const events = createEvents(8);
const seqs = (severity: 'all' | 'warning' | 'error', text = '') =>
  filterEvents(events, { severity, text }).map((event) => event.seq);

test('warning means warning and worse', () => {
  expect(seqs('all')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(seqs('warning')).toEqual([3, 4, 7, 8]);
  expect(seqs('error')).toEqual([4, 8]);
});

test('every word must occur, in any case, in entity, type or message', () => {
  expect(seqs('all', 'PG-WEST-1')).toEqual([1, 4, 5, 8]);
  expect(seqs('all', ' pg-west-1  ready ')).toEqual([1, 5]);
  expect(seqs('all', 'unit.exited')).toEqual([3, 7]);
  expect(seqs('error', 'ready')).toEqual([]);
});
