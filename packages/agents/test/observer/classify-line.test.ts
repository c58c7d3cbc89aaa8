import { expect, test } from 'vitest';
import { trafficCauses } from '@alwayson/protocol/traffic.ts';
import { classifyLine, outcomes } from '../../src/observer/classify-line.ts';
import { createRequestReader, toRelease } from '../../src/observer/counted-request.ts';
import { toLine } from './line.ts';

const nobody = { stamp: '<NOSRV>' };
const cases = [
  ['ok', {}],
  ['ok', { status: 304 }],
  ['ok', { status: 101, termination: 'LR', ...nobody }],
  ['client-fault', { status: 404 }],
  // Over its own limit, or refused for what it asked.
  ['client-fault', { status: 429, termination: 'LR', ...nobody }],
  ['client-fault', { status: 413, termination: 'PR', ...nobody }],
  ['client-fault', { status: 400, termination: 'PH' }],
  // Too slow to ask, or to send its body.
  ['client-fault', { status: 408, termination: 'cR', totalMs: 5000, ...nobody }],
  ['client-fault', { status: 408, termination: 'cD', totalMs: 5000, ...nobody }],
  ['client-gone', { status: 400, termination: 'CR', ...nobody }],
  ['client-gone', { status: -1, termination: 'CH', totalMs: 400 }],
  ['client-gone', { status: 200, termination: 'CD', totalMs: 60_000, responseMs: 3 }],
  ['abandoned', { status: -1, termination: 'CH', totalMs: 600 }],
  ['abandoned', { status: -1, termination: 'CC', totalMs: 600 }],
  ['abandoned', { status: -1, termination: 'cH', totalMs: 30_000 }],
  ['abandoned', { status: 200, termination: 'CD', totalMs: 900, responseMs: 800 }],
  // It left while it read of our failure.
  ['upstream-error', { status: 500, termination: 'CD', responseMs: 3 }],
  ['upstream-error', { status: 500 }],
  ['upstream-error', { status: 502, termination: 'SH' }],
  ['upstream-error', { status: 502, termination: 'PH' }],
  ['connect-failed', { status: 503, termination: 'SC' }],
  ['connect-failed', { status: 503, termination: 'sC' }],
  ['timeout', { status: 504, termination: 'sH' }],
  ['timeout', { status: -1, termination: 'D-' }],
  ['timeout', { status: 502, termination: 'KH' }],
  ['no-stamp', { status: 503, termination: 'SC', ...nobody }],
  ['shed', { status: 503, termination: 'LR', ...nobody }],
  ['shed', { status: 503, termination: 'sQ', ...nobody }],
  ['shed', { status: 503, termination: 'PC', ...nobody }],
  ['truncated', { status: 200, termination: 'SD' }],
  ['truncated', { status: 200, termination: 'sD' }],
  ['truncated', { status: 200, termination: 'KD' }],
  ['gateway-error', { status: 500, termination: 'PR', ...nobody }],
  ['gateway-error', { status: 500, termination: 'LR', ...nobody }],
  ['gateway-error', { status: 503, termination: 'RC' }],
  ['gateway-error', { status: -1, termination: 'IH' }],
] as const;

test.each(cases)('%s: %o', (cause, change) => {
  expect(classifyLine(toLine(change), 500)).toBe(cause);
});

test('every cause is met above, and failures of ours are all bad', () => {
  expect(new Set(cases.map(([cause]) => cause))).toEqual(new Set(trafficCauses));
  const notBad = trafficCauses.filter((cause) => outcomes[cause] !== 'bad');
  expect(notBad).toEqual(['ok', 'client-fault', 'client-gone']);
});

test('a request counts where it arrived, and what lies about its time counts now', () => {
  const read = createRequestReader([{ name: 'browse', latencyObjectiveMs: 500 }]);
  const nowMs = 1_790_000_000_000;
  expect(read(toLine({ at: nowMs - 9000 }), nowMs).atMs).toBe(nowMs - 9000);
  expect(read(toLine({ at: nowMs + 86_400_000 }), nowMs).atMs).toBe(nowMs);
  expect(read(toLine({ at: 5 }), nowMs).atMs).toBe(nowMs);
  expect(read(toLine({ flow: 'gone', stamp: '<NOSRV>' }), nowMs)).toMatchObject({
    flow: '_other',
    stamp: '',
  });
  expect(toRelease('west-1-abc123')).toBe('abc123');
});
