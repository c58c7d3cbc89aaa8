import type { AlertSeverity } from '@alwayson/protocol/alerts.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlertEntity, AlertInput } from '../../src/alerts/alert-input.ts';
import { isWorse } from '../../src/alerts/alert-kind.ts';
import { openMax } from '../../src/alerts/alert-policy.ts';
import { decideAlerts } from '../../src/alerts/decide-alerts.ts';
import { AlertRun, burnOf, entityOf, pairOf } from './alert-world.ts';

const causeIds = ['unit:a', 'unit:b', 'stamp:c', 'stamp:d', 'store:e', 'region:f', 'unit:observer'];
const flowNames = ['buy', 'view', 'rate'];
const ids = [...causeIds, ...flowNames.map((name) => `flow:${name}`), 'workload:shop'];

const state = fc.constantFrom('healthy', 'healthy', 'degraded', 'unhealthy', 'unknown');
const flags = fc.subarray(['flapping', 'maintenance', 'draining', 'starting', 'gray'], { maxLength: 1 });

function entity(id: string): fc.Arbitrary<AlertEntity> {
  const alertKind = id.includes('observer') ? 'observer-blind' : 'unit-unhealthy';
  const criticality = id === 'flow:buy' ? 'high' : 'medium';
  return fc
    .record({ state, flags, rootCauses: fc.subarray([id, ...causeIds], { maxLength: 4 }) })
    .map((parts) => entityOf(id, { ...parts, alertKind, criticality }));
}

const burn = fc
  .record({
    flow: fc.constantFrom(...flowNames, 'unlisted'),
    firing: fc.boolean(),
    isSilent: fc.boolean(),
    severity: fc.constantFrom('page' as const, 'ticket' as const),
  })
  .map(({ flow, isSilent, ...pair }) => ({ ...burnOf(flow, [pairOf(pair)]), isSilent }));

const input: fc.Arbitrary<AlertInput> = fc.record({
  entities: fc.subarray(ids, { minLength: 3 }).chain((some) => fc.tuple(...some.map(entity))),
  burns: fc.uniqueArray(burn, { selector: ({ flow }) => flow, maxLength: 4 }),
});
const program = fc.array(fc.tuple(input, fc.constantFrom(1, 10, 30, 90)), { minLength: 1, maxLength: 12 });

const well: AlertInput = { entities: ids.map((id) => entityOf(id)), burns: [] };

function runProgram(steps: readonly (readonly [AlertInput, number])[], check: (run: AlertRun) => void) {
  const run = new AlertRun();
  for (const [given, seconds] of steps) {
    for (let second = 0; second < seconds; second += 1) {
      run.step(given);
      check(run);
    }
  }
  return run;
}

test('never are two alerts open for one root cause, nor more than the bound', () => {
  fc.assert(
    fc.property(program, (steps) => {
      runProgram(steps, (run) => {
        const causes = run.open().map(({ rootCause }) => rootCause);
        expect(new Set(causes).size).toBe(causes.length);
        expect(causes.length).toBeLessThanOrEqual(openMax);
      });
    }),
    { numRuns: 150 },
  );
});

test('an alert is opened, updated and resolved in this order, and gets worse only', () => {
  fc.assert(
    fc.property(program, (steps) => {
      const run = runProgram(steps, () => {});
      const told = new Map<string, AlertSeverity>();
      for (const { kind, alert } of run.changes) {
        const before = told.get(alert.id);
        expect(before === undefined).toBe(kind === 'opened');
        if (before !== undefined) expect(isWorse(before, alert.severity)).toBe(false);
        if (kind === 'resolved') told.delete(alert.id);
        else told.set(alert.id, alert.severity);
      }
      const changeIds = run.changes.map(({ id }) => id);
      expect(new Set(changeIds).size).toBe(changeIds.length);
      expect(
        run
          .open()
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual([...told.keys()].toSorted());
    }),
    { numRuns: 150 },
  );
});

test('every opened alert is resolved when all has been well for a minute, and nothing is left waiting', () => {
  fc.assert(
    fc.property(program, (steps) => {
      const run = runProgram(steps, () => {});
      run.hold(well, 62);
      expect(run.open()).toEqual([]);
      expect(run.memory.pending).toEqual({});
      expect(run.memory.suppressed).toEqual({});
    }),
    { numRuns: 150 },
  );
});

test('under maintenance nothing is opened, and what is open is resolved when well', () => {
  fc.assert(
    fc.property(program, program, (before, during) => {
      const run = runProgram(before, () => {});
      const openBefore = new Set(run.open().map(({ id }) => id));
      const quiet = during.map(([given, seconds]) => {
        const entities = given.entities.filter(({ kind }) => kind !== 'workload');
        return [
          { ...given, entities: [...entities, entityOf('workload:shop', { flags: ['maintenance'] })] },
          seconds,
        ] as const;
      });
      const told = run.changes.length;
      for (const [given, seconds] of quiet) run.hold(given, seconds);
      expect(run.changes.slice(told).filter(({ kind }) => kind === 'opened')).toEqual([]);
      for (const { id } of run.open()) expect(openBefore).toContain(id);
      run.hold({ ...well, entities: [entityOf('workload:shop', { flags: ['maintenance'] })] }, 62);
      expect(run.open()).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('memory is plain JSON: a decision from a stored memory is the same', () => {
  fc.assert(
    fc.property(program, input, (steps, last) => {
      const run = runProgram(steps, () => {});
      const context = { policy: run.policy, now: run.now };
      const stored = JSON.parse(JSON.stringify(run.memory)) as typeof run.memory;
      const straight = decideAlerts(run.memory, last, context);
      expect(decideAlerts(stored, last, context)).toEqual(straight);
      expect(JSON.parse(JSON.stringify(straight.memory))).toEqual(straight.memory);
    }),
    { numRuns: 100 },
  );
});
