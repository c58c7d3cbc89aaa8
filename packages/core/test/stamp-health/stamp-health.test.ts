import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decideComponent,
  type ProbeOutcome,
  unseenComponent,
} from '../../src/stamp-health/decide-component.ts';
import { reportStampHealth } from '../../src/stamp-health/report-stamp-health.ts';
import {
  applyOutcome,
  completeRound,
  createStampState,
  setDrained,
  type StampState,
} from '../../src/stamp-health/stamp-state.ts';

const components = [
  { name: 'api', required: true },
  { name: 'web', required: true },
  { name: 'worker', required: false },
];
const outcome = (kind: ProbeOutcome['kind'], more: Partial<ProbeOutcome> = {}): ProbeOutcome => ({
  kind,
  durationMs: 1,
  dependencies: [],
  ...more,
});
const ready = outcome('ready');
const refused = outcome('refused', { reason: 'ECONNREFUSED' });
const timeout = outcome('timeout', { reason: 'no answer in 1000 ms' });

/** A round per second in which all components are ready but those named. */
function round(state: StampState, at: number, others: Record<string, ProbeOutcome> = {}): StampState {
  const probed = components.reduce(
    (before, { name }) => applyOutcome(before, name, others[name] ?? ready),
    state,
  );
  return completeRound(probed, at);
}

const report = (state: StampState, now: number) =>
  reportStampHealth(state, {
    components,
    staleAfterMs: 3000,
    scopeOf: (store) => (store === 'database' ? 'global' : 'region'),
    now,
  });
const up = round(createStampState(components), 0);

test('nothing may be sent before the first evaluation, and as soon as all are ready after it', () => {
  expect(report(createStampState(components), 0)).toMatchObject({ mayServe: false, state: 'unhealthy' });
  expect(report(up, 0)).toEqual({
    mayServe: true,
    state: 'healthy',
    checks: components.map(({ name }) => ({
      component: name,
      status: 'healthy',
      durationMs: 1,
      scope: 'stamp',
    })),
  });
});

test('a component that starts counts from its first good answer', () => {
  const starting = round(createStampState(components), 0, { api: refused });
  expect(report(starting, 0)).toMatchObject({ mayServe: false, state: 'unhealthy' });
  expect(report(starting, 0).checks[0]).toMatchObject({ reason: 'starting, refused: ECONNREFUSED' });
  expect(report(round(starting, 1000), 1000).mayServe).toBe(true);
});

test.each([
  ['refused', 1],
  ['stopping', 1],
  ['timeout', 2],
  ['not-ready', 2],
] as const)(
  '%s takes a required component down after %i, and two good answers bring it back',
  (kind, falls) => {
    let state = up;
    for (let n = 1; n <= falls; n += 1) {
      expect(report(state, n * 1000).mayServe).toBe(true);
      state = round(state, n * 1000, { api: outcome(kind) });
    }
    expect(report(state, falls * 1000)).toMatchObject({ mayServe: false, state: 'unhealthy' });
    state = round(state, 5000);
    expect(report(state, 5000).mayServe).toBe(false);
    expect(report(round(state, 6000), 6000).mayServe).toBe(true);
  },
);

test('single failures with good answers between them never add up', () => {
  let state = up;
  for (let n = 1; n < 20; n += 1) {
    state = round(state, n * 1000, n % 2 === 0 ? {} : { api: timeout });
    expect(report(state, n * 1000).mayServe).toBe(true);
  }
});

test('a component that takes no requests degrades its stamp and never stops it', () => {
  const state = round(up, 1000, { worker: refused });
  expect(report(state, 1000)).toMatchObject({ mayServe: true, state: 'degraded' });
  expect(report(state, 1000).checks[2]).toMatchObject({ component: 'worker', status: 'degraded' });
});

test('an old evaluation is no evidence', () => {
  expect(report(up, 3000).mayServe).toBe(true);
  expect(report(up, 3001)).toMatchObject({ mayServe: false, state: 'unknown' });
  const withoutWorker = round(up, 0, { worker: refused });
  expect(report(withoutWorker, 3001)).toMatchObject({ mayServe: false, state: 'unknown' });
});

test('a drained stamp says so until it is taken back', () => {
  const drained = setDrained(up, true);
  expect(report(drained, 0)).toMatchObject({ mayServe: false, state: 'unhealthy' });
  expect(report(drained, 0).checks[0]).toMatchObject({ component: 'stamp', reason: 'drained on purpose' });
  expect(report(round(drained, 1000), 1000).mayServe).toBe(false);
  expect(report(setDrained(drained, false), 0).mayServe).toBe(true);
});

test('stores are told with their reach, as the worst that any living component saw', () => {
  const seen = (state: 'healthy' | 'unhealthy' | 'unknown', reason?: string) =>
    outcome('ready', { dependencies: [{ store: 'database', state, ...(reason ? { reason } : {}) }] });
  const state = round(up, 1000, { api: seen('unhealthy', 'no answer'), worker: seen('healthy') });
  expect(report(state, 1000)).toMatchObject({ mayServe: true, state: 'degraded' });
  expect(report(state, 1000).checks.at(-1)).toEqual({
    component: 'database',
    status: 'unhealthy',
    durationMs: 0,
    scope: 'global',
    reason: 'api: no answer',
  });
  expect(report(round(up, 1000, { api: seen('unknown') }), 1000).checks).toHaveLength(3);
});

const anyOutcome = fc.record({
  kind: fc.constantFrom('ready', 'stopping', 'refused', 'not-ready', 'timeout'),
  durationMs: fc.nat(1000),
  dependencies: fc.array(
    fc.record({
      store: fc.constantFrom('database', 'queue', 'cache'),
      state: fc.constantFrom('healthy', 'degraded', 'unhealthy', 'unknown'),
    }),
    { maxLength: 3 },
  ),
});

test('whatever components say of shared stores, the code stays the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyOutcome, anyOutcome, anyOutcome), { maxLength: 8 }), (rounds) => {
      const run = (keepStores: boolean) =>
        rounds.reduce((state, outcomes, n) => {
          const named = outcomes.map(
            (each, c) =>
              [components[c]?.name ?? '', keepStores ? each : { ...each, dependencies: [] }] as const,
          );
          return round(state, n * 1000, Object.fromEntries(named));
        }, createStampState(components));
      const now = rounds.length * 1000;
      expect(report(run(true), now).mayServe).toBe(report(run(false), now).mayServe);
    }),
  );
});

test('a verdict changes only by evidence against it, and never without any', () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { maxLength: 30 }), (outcomes) => {
      let record = unseenComponent;
      for (const each of outcomes) {
        const next = decideComponent(record, each);
        if (next.verdict === 'down') expect(record.verdict).not.toBe('starting');
        if (next.verdict !== record.verdict) expect(next.verdict === 'up').toBe(each.kind === 'ready');
        record = next;
      }
    }),
  );
});
