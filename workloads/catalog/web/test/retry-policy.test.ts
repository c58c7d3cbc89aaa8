import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { attemptsMax, decideRetry } from '../client/src/api/retry-policy.ts';

const now = Date.UTC(2026, 10, 20);

test('waits longer after each failure, and gives up after the last attempt', () => {
  const delays = Array.from({ length: attemptsMax }, (_, index) =>
    decideRetry({ attempt: index + 1, outcome: 503, retryAfter: null }, now, 1),
  );
  expect(delays).toEqual([250, 500, 1000, 2000, null]);
});

test.each([200, 400, 401, 404, 409, 422, 500])('never retries an answer %i', (outcome) => {
  expect(decideRetry({ attempt: 1, outcome, retryAfter: '1' }, now, 0)).toBeNull();
});

test('waits as long as the server asks, in seconds or until a date', () => {
  expect(decideRetry({ attempt: 1, outcome: 503, retryAfter: '3' }, now, 0)).toBe(3000);
  const date = new Date(now + 2000).toUTCString();
  expect(decideRetry({ attempt: 1, outcome: 429, retryAfter: date }, now, 0)).toBe(2000);
});

test('gives up when the server asks for more patience than a visitor has', () => {
  expect(decideRetry({ attempt: 1, outcome: 503, retryAfter: '60' }, now, 0)).toBeNull();
});

test('takes an unreadable Retry-After for none', () => {
  expect(decideRetry({ attempt: 1, outcome: 503, retryAfter: 'soon' }, now, 1)).toBe(250);
});

test('whatever happens, all waits of one request together stay below 40 s', () => {
  const step = fc.record({
    outcome: fc.constantFrom<number | 'lost'>('lost', 429, 500, 502, 503, 504),
    retryAfter: fc.option(fc.oneof(fc.nat(1000).map(String), fc.string())),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: attemptsMax, maxLength: 20 }), (steps) => {
      let total = 0;
      for (const [index, { outcome, retryAfter, random }] of steps.entries()) {
        const delayMs = decideRetry({ attempt: index + 1, outcome, retryAfter }, now, random);
        if (delayMs === null) break;
        total += delayMs;
        expect(delayMs).toBeGreaterThan(0);
      }
      expect(total).toBeLessThan(40_000);
    }),
  );
});
