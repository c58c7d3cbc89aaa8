import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GateRequests } from '../../src/rollout/gate-cells.ts';
import { judgeGate } from '../../src/rollout/judge-gate.ts';
import { cellsOf, requestsOf, rules, withCells } from './gate-world.ts';

const rate = fc.constantFrom(0, 0.001, 0.02, 0.1, 0.3, 0.5, 0.9, 1);

/** Requests of one flow in one region to one side. */
const requests = fc
  .record({
    side: fc.constantFrom('candidate' as const, 'live' as const),
    region: fc.constantFrom('west', 'east'),
    flow: fc.constantFrom('list', 'view'),
    size: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3000 })),
    rate,
  })
  .map(({ side, size, rate: part, ...place }): GateRequests => {
    const bad = Math.round(size * part);
    return requestsOf(side, { ...place, good: size - bad, bad });
  });
const some = fc.array(requests, { maxLength: 12 });

const countOf = (all: readonly GateRequests[], flow?: string) =>
  all
    .filter((one) => one.side === 'candidate' && (flow === undefined || one.flow === flow))
    .reduce((sum, { good, bad }) => sum + good + bad, 0);

test('without enough requests, in all and of each flow that matters, nothing passes', () => {
  fc.assert(
    fc.property(some, some, fc.boolean(), (users, ours, final) => {
      const evidence = withCells(cellsOf(...users), { synthetic: cellsOf(...ours) });
      const { verdict, checks } = judgeGate(evidence, rules, { final });
      const all = [...users, ...ours];
      const isEnough =
        countOf(all) >= rules.requestsMin && rules.flows.every(({ name }) => countOf(all, name) >= 5);
      if (!final || !isEnough) expect(verdict).not.toBe('pass');
      // Failing does not wait for the end.
      const isFailing = checks.some((check) => check.verdict === 'fail');
      expect(verdict === 'fail').toBe(isFailing);
    }),
    { numRuns: 1000 },
  );
});

test('more failures of the candidate never turn a fail into a pass', () => {
  const more = fc.array(fc.record({ of: fc.nat(), bad: fc.integer({ min: 1, max: 500 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  let fails = 0;
  fc.assert(
    fc.property(some, more, (users, additions) => {
      const own = users.filter(({ side }) => side === 'candidate');
      const isFail = judgeGate(withCells(cellsOf(...users)), rules, { final: true }).verdict === 'fail';
      if (!isFail || own.length === 0) return;
      fails += 1;
      const added = additions.flatMap(({ of, bad }) => {
        const place = own[of % own.length];
        return place === undefined ? [] : [requestsOf('candidate', { ...place, good: 0, bad })];
      });
      const worse = withCells(cellsOf(...users, ...added));
      expect(judgeGate(worse, rules, { final: true }).verdict).toBe('fail');
    }),
    { numRuns: 2000 },
  );
  expect(fails).toBeGreaterThan(200);
});

test('a candidate that never fails is never failed, whatever the others do', () => {
  fc.assert(
    fc.property(some, (users) => {
      const good = users.map((one) =>
        one.side === 'live' ? one : { ...one, good: one.good + one.bad, bad: 0 },
      );
      expect(judgeGate(withCells(cellsOf(...good)), rules, { final: true }).verdict).not.toBe('fail');
    }),
    { numRuns: 1000 },
  );
});
