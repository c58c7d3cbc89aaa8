import { states } from '@alwayson/protocol/words.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replicasOf, toUnitState, worstOf } from '../../src/status/roll-up.ts';

const anyStates = fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 8 });

test('worst of: one known fault decides, unknown is not healthy, nothing is unknown', () => {
  expect(worstOf(['healthy', 'degraded', 'unknown'])).toBe('degraded');
  expect(worstOf(['healthy', 'unknown'])).toBe('unknown');
  expect(worstOf(['healthy', 'healthy'])).toBe('healthy');
  expect(worstOf([])).toBe('unknown');
});

test('replicas: healthy only when all are, unhealthy only when none serves', () => {
  expect(replicasOf(['healthy', 'unhealthy'])).toBe('degraded');
  expect(replicasOf(['unhealthy', 'unhealthy'])).toBe('unhealthy');
  expect(replicasOf(['unhealthy', 'unknown'])).toBe('unhealthy');
  expect(replicasOf(['unknown', 'unknown'])).toBe('unknown');
  fc.assert(
    fc.property(anyStates, (list) => {
      expect(replicasOf(list) === 'healthy').toBe(list.every((state) => state === 'healthy'));
    }),
  );
});

test('units of a dead host are dead with it, of a silent one unknown', () => {
  expect(toUnitState('ready', 'refused')).toBe('unhealthy');
  expect(toUnitState('ready', 'silent')).toBe('unknown');
  expect(toUnitState('ready', 'connected')).toBe('healthy');
  expect(toUnitState('held', 'connected')).toBe('unhealthy');
});
