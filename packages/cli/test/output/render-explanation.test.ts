import { expect, test } from 'vitest';
import { renderExplanation } from '../../src/output/render-explanation.ts';
import type { Painter } from '../../src/output/terminal.ts';
import { createEntity, createExplanation, sampleAt } from '../support/sample-health.ts';

const painter: Painter = { paint: (_, text) => text, sign: (state) => `[${state}]` };
const nowMs = Date.parse(sampleAt);

test('since when, why, the chain to the cause, signals, what clears it, and parts with their impact', () => {
  const [head = '', ...rest] = renderExplanation(createExplanation(), painter, nowMs).split('\n');
  expect(head).toMatch(
    /^\[degraded] flow:buy \(high criticality\) is degraded since 20\d\d-\d\d-\d\d \d\d:\d\d:48 \(12 s\)\.$/,
  );
  expect(rest).toEqual([
    '',
    'Because:',
    '  - errors is 8 %, degraded at or above 1.44 %',
    '  - component:api is degraded',
    '',
    'The cause, from here down:',
    '  [degraded] flow:buy is degraded',
    '  -> [degraded] component:api is degraded: 1 of 2 instances serve',
    '     -> [unhealthy] stamp:west-1-abc is unhealthy: it does not answer',
    '',
    'Signals:',
    '    signal   state     value   threshold                                    age',
    '  [healthy] probe    healthy   -       -                                            2 s',
    '  [degraded] errors   degraded  8.12 %  degraded at or above 1.44 % (left at 1.3 %)  2 s',
    '  [unknown] latency  unknown   -       -                                            never  too few requests',
    '',
    'What clears it:',
    '  - errors must fall below 1.3 %: needs 2 good results in a row.',
    '  - component:api must become healthy.',
    '',
    'Made of:',
    '    part           state     impact',
    '  [degraded] component:api  degraded  standard  1 of 2 instances serve',
    '  [healthy] store:orders   healthy   limited',
  ]);
});

test('of what is healthy there is nothing to explain', () => {
  const { children: _, ...entity } = createEntity('host:west-1');
  const healthy = createExplanation({
    entity,
    children: [],
    causePath: [{ id: 'host:west-1', state: 'healthy' }],
    because: [],
    clears: [],
  });
  expect(renderExplanation(healthy, painter, nowMs)).toMatch(
    /^\[healthy] host:west-1 is healthy since .+ \(60 min\)\.$/,
  );
});

test('flags, what is known only in part, and an old answer are said', () => {
  const { entity } = createExplanation();
  const partial = { ...entity, state: 'healthy', partial: true, flags: ['draining'] } as const;
  const text = renderExplanation(
    createExplanation({ entity: { ...partial, flags: ['draining'] } }),
    painter,
    nowMs + 90_000,
  );
  expect(text).toMatch(
    /^Not up to date: this was decided 90 s ago\.\n\[healthy] flow:buy .* is healthy\* \[draining] since/,
  );
  expect(text).toMatch(/\n\n\* healthy as far as is known: .+$/);
});

test('of many parts the worst are shown', () => {
  const children = Array.from({ length: 50 }, (_, index) => {
    return {
      to: `unit:u-${index}`,
      impact: 'limited',
      state: index === 49 ? 'unhealthy' : 'healthy',
    } as const;
  });
  const text = renderExplanation(createExplanation({ children }), painter, nowMs).split('\n');
  expect(text.find((line) => line.includes('unit:'))).toMatch(/^ {2}\[unhealthy] unit:u-49 /);
  expect(text.filter((line) => line.includes('unit:u-'))).toHaveLength(30);
  expect(text.at(-1)).toBe('  and 20 more: ./alwayson health flow:buy --all');
});
