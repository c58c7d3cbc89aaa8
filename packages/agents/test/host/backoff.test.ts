import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackoff } from '../../src/host/backoff.ts';

test('the first restart is immediate, later ones are 50 to 100 % of a doubling delay up to 10 s', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.array(random, { minLength: 1, maxLength: 40 }), (draws) => {
      const queue = [...draws];
      const backoff = createBackoff(() => queue.shift() ?? 0);
      expect(backoff.next()).toBe(0);
      for (const [index] of draws.entries()) {
        const most = Math.min(100 * 2 ** index, 10_000);
        const delay = backoff.next();
        expect(delay).toBeGreaterThanOrEqual(most / 2);
        expect(delay).toBeLessThanOrEqual(most);
      }
      backoff.reset();
      expect(backoff.next()).toBe(0);
    }),
  );
});
