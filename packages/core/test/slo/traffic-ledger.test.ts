import { expect, test } from 'vitest';
import { measureSlo } from '../../src/slo/measure-slo.ts';
import { emptySummary, summarizeSpan } from '../../src/slo/summarize-span.ts';
import { createTrafficLedger } from '../../src/slo/traffic-ledger.ts';
import { flow, momentAfter, repeat, type Script, start, toHistories } from './traffic-script.ts';

const script: Script = {
  west: [
    ...repeat(200, { counts: { ok: 9, timeout: 1 } }),
    ...repeat(300, undefined),
    ...repeat(400, { counts: { ok: 10 }, probes: { good: 1, bad: 0 } }),
  ],
  east: repeat(900, { counts: { ok: 5 } }),
};

function createLedger() {
  const ledger = createTrafficLedger(['west', 'east'], [flow]);
  for (const history of toHistories(script)) ledger.add(history);
  return ledger;
}

test('asking for the same slices again changes nothing', () => {
  const [once, twice] = [createLedger(), createLedger()];
  for (const history of toHistories(script)) twice.add(history);
  expect(twice.flow('buy')).toEqual(once.flow('buy'));
  expect(twice.workload).toEqual(once.workload);
});

test('a corrected slice replaces the old one, and only in its region', () => {
  const ledger = createLedger();
  const [west] = toHistories({ west: [{ counts: { ok: 1 } }] });
  if (west === undefined) throw new Error('There is a history.');
  ledger.add(west);
  expect(summarizeSpan(ledger.workload, start, start + 10).counts).toMatchObject({ good: 6, bad: 0 });
});

const measure = (ledger: ReturnType<typeof createLedger>, since = start) =>
  measureSlo(
    {
      name: 'shop',
      objective: 0.999,
      windowDays: 28,
      method: 'occurrences',
      traffic: ledger.workload,
      composite: 1,
      latencyObjectiveMs: null,
    },
    momentAfter(900, { since }),
  );

test('closed hours keep every figure, and without their slices all but the burn rates', () => {
  const ledger = createLedger();
  const expected = measure(ledger);
  ledger.close({ from: start, to: start + 9000, slicesFrom: start });
  expect([...ledger.workload.hours.keys()]).toEqual([start, start + 3600]);
  expect(measure(ledger)).toEqual(expected);
  ledger.close({ from: start, to: start + 9000, slicesFrom: start + 8000 });
  expect(ledger.workload.regions.map(({ counts }) => counts.size)).toEqual([180, 180]);
  const { burnRates, ...figures } = measure(ledger);
  expect({ ...figures, burnRates: expected.burnRates }).toEqual(expected);
  // Windows that begin within an hour without slices see less.
  expect(burnRates).not.toEqual(expected.burnRates);
});

test('an environment that began within an hour keeps that part of it', () => {
  const ledger = createLedger();
  const since = start + 1205;
  const expected = { ...measure(ledger, since), burnRates: expect.anything() };
  expect(expected.from).toBe('2026-01-01T00:20:10.000Z');
  ledger.close({ from: since, to: start + 9000, slicesFrom: start + 9000 });
  expect(measure(ledger, since)).toEqual(expected);
});

test('a late slice opens its hour again, unless its slices are gone', () => {
  const late = toHistories({ west: [{ counts: { ok: 1000 } }] })[0];
  if (late === undefined) throw new Error('There is a history.');
  const ledger = createLedger();
  const before = measure(ledger).good;
  ledger.close({ from: start, to: start + 9000, slicesFrom: start });
  ledger.add(late);
  expect(measure(ledger).good).toBe(before - 9 + 1000);
  ledger.close({ from: start, to: start + 9000, slicesFrom: start + 3600 });
  ledger.add(late);
  ledger.add({ ...late, from: start, to: start + 20 });
  expect(measure(ledger).good).toBe(before - 9 + 1000);
});

test('hours are forgotten when the window has passed them', () => {
  const ledger = createLedger();
  ledger.close({ from: start, to: start + 9000, slicesFrom: start });
  ledger.close({ from: start + 3600, to: start + 9000, slicesFrom: start + 3600 });
  expect([...ledger.workload.hours.keys()]).toEqual([start + 3600]);
});

test('what is not watched is passed over', () => {
  const ledger = createTrafficLedger(['north'], [{ name: 'other', latencyP99Ms: 300 }]);
  for (const history of toHistories({ west: repeat(6, {}), north: repeat(6, { counts: { ok: 1 } }) })) {
    ledger.add(history);
  }
  expect(ledger.flow('buy')).toBeUndefined();
  expect(summarizeSpan(ledger.workload, start, start + 60)).toMatchObject({
    counts: emptySummary(1).counts,
    regions: [{ complete: 6, requests: 0 }],
  });
});
