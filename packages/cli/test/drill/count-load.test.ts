import { expect, test } from 'vitest';
import { countLoad, type DrillRequest } from '../../src/drill/count-load.ts';

const write = (endedAt: number, more: Partial<DrillRequest> = {}): DrillRequest => ({
  isWrite: true,
  endedAt,
  status: 202,
  location: `/comments/${endedAt}`,
  ...more,
});
const read = (status: number | null): DrillRequest => ({
  isWrite: false,
  endedAt: 5,
  status,
  location: null,
});

test('what is acknowledged must be found; what was refused or not answered need not', () => {
  const refused = write(400, { status: 503, location: null });
  const unanswered = write(900, { status: null, location: null });
  const requests = [write(100), write(300), refused, unanswered, read(200), read(404), read(500), read(null)];
  expect(countLoad({ requests, found: new Set(['/comments/100']), target: null })).toEqual({
    requests: 8,
    failedRequests: 4,
    writes: 4,
    acknowledged: 2,
    lost: 1,
    undone: 0,
    longestWriteGapMs: 200,
  });
});

test('a restore undoes what was acknowledged after its target, and nothing before', () => {
  const requests = [write(100), write(200), write(300)];
  const load = countLoad({ requests, found: new Set(['/comments/100']), target: 250 });
  expect(load).toMatchObject({ acknowledged: 3, lost: 1, undone: 1 });
});

test('a write that says no place to be found at is not counted as acknowledged', () => {
  const load = countLoad({ requests: [write(1, { location: null })], found: new Set(), target: null });
  expect(load).toMatchObject({ writes: 1, acknowledged: 0, lost: 0, longestWriteGapMs: null });
});
