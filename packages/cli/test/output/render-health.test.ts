import { expect, test } from 'vitest';
import { renderHealth } from '../../src/output/render-health.ts';
import type { Painter } from '../../src/output/terminal.ts';
import {
  amiss,
  createEntity,
  createHealthReport,
  createTroubledReport,
  sampleAt,
} from '../support/sample-health.ts';

const painter: Painter = { paint: (_, text) => text, sign: (state) => `[${state}]` };
const nowMs = Date.parse(sampleAt);
const lines = (...[report, view = {}]: [Parameters<typeof renderHealth>[0], object?]) =>
  renderHealth(report, painter, { nowMs, ...view }).split('\n');

test('what is healthy is the workload, its flows, and one line for all the rest', () => {
  expect(lines(createHealthReport())).toEqual([
    '[healthy] workload:shop healthy for 60 min',
    '  [healthy] flow:buy (high) healthy for 60 min',
    '  [healthy] flow:view (low) healthy for 60 min',
    '  [healthy] healthy: 2 regions',
  ]);
});

test('root causes stand on top; what is bad is drawn out once and what is healthy is folded', () => {
  expect(lines(createTroubledReport())).toEqual([
    'Why:',
    '  [unhealthy] stamp:west-1-abc unhealthy for 12 s [gray, flapping]: check is unhealthy: it does not answer',
    '  More: ./alwayson explain stamp:west-1-abc',
    '',
    '[degraded] workload:shop degraded for 12 s: flow:buy is degraded',
    '  [degraded] flow:buy (high) degraded for 12 s: component:api is degraded',
    '    [degraded] component:api degraded for 12 s: 1 of 2 instances serve',
    '      [unhealthy] stamp:west-1-abc unhealthy for 12 s [gray, flapping]: check is unhealthy: it does not answer',
    '      [healthy] healthy: stamp:east-1-abc',
    '    [healthy] healthy: store:orders',
    '  [degraded] flow:view (low) degraded for 12 s: component:api is degraded',
    '    [degraded] component:api degraded, see above',
    '  [degraded] region:west degraded for 12 s: zone:west-1 is degraded',
    '    [degraded] zone:west-1 degraded for 12 s: stamp:west-1-abc is unhealthy',
    '      [unhealthy] stamp:west-1-abc unhealthy, see above',
    '      [healthy] healthy: host:west-1, unit:pg-west-1',
    '  [healthy] healthy: region:east',
  ]);
});

test('a named entity is on top, and its causes are found also where they are not below it', () => {
  const report = createHealthReport({
    'store:orders': amiss('degraded', 'unit:pg-west-1 is unhealthy', ['host:west-1']),
    'unit:pg-west-1': amiss('unhealthy', 'process is unhealthy', ['host:west-1']),
    'host:west-1': amiss('unhealthy', 'it refuses', ['host:west-1']),
  });
  expect(lines(report, { entity: 'store:orders' })).toEqual([
    'Why:',
    '  [unhealthy] host:west-1 unhealthy for 12 s: it refuses',
    '  More: ./alwayson explain host:west-1',
    '',
    '[degraded] store:orders degraded for 12 s: unit:pg-west-1 is unhealthy',
    '  [unhealthy] unit:pg-west-1 unhealthy for 12 s: process is unhealthy',
    '  [healthy] healthy: unit:pg-east-1',
  ]);
});

test('what is bad below something healthy, or has a flag, is not folded', () => {
  const report = createHealthReport({
    'stamp:west-1-abc': { flags: ['maintenance'] },
    'host:east-1': amiss('unknown', 'contact has never been told', []),
  });
  const text = lines(report).join('\n');
  expect(text).toContain('    [healthy] zone:west-1 healthy for 60 min\n');
  expect(text).toContain('[healthy] stamp:west-1-abc healthy for 60 min [maintenance]\n');
  expect(text).toContain('      [unknown] host:east-1 unknown for 12 s: contact has never been told\n');
  expect(text).not.toContain('Why:');
});

test('healthy as far as is known has a star, its reason and a legend', () => {
  const report = createHealthReport({ 'flow:buy': { partial: true, reason: 'errors tells nothing' } });
  const text = lines(report);
  expect(text).toContain('  [healthy] flow:buy (high) healthy* for 60 min: errors tells nothing');
  expect(text.at(-1)).toBe('* healthy as far as is known: something that is not essential tells nothing.');
  expect(lines(createHealthReport()).join('\n')).not.toContain('*');
});

test('with --all everything has its line', () => {
  const report = createHealthReport();
  const text = lines(report, { all: true });
  for (const { id } of report.entities) expect(text.some((line) => line.includes(` ${id} `))).toBe(true);
  expect(text).toContain('      [healthy] unit:pg-west-1 healthy for 60 min');
  expect(text).toContain('      [healthy] unit:pg-west-1 healthy, see above');
});

test('blind observers and an old report are said first', () => {
  const report = createHealthReport({}, { blindObservers: ['observer-west'] });
  const text = lines(report, { nowMs: nowMs + 60_000 });
  expect(text.slice(0, 4)).toEqual([
    'BLIND: observer-west reaches nobody. What it watches is shown as it was last seen, and may be otherwise.',
    '',
    'Not up to date: this was decided 60 s ago.',
    '',
  ]);
});

test('without a known cause the reason stands for it, and long ones are cut', () => {
  const reason = 'nothing has been told of it; '.repeat(20);
  const text = lines(createHealthReport({ 'workload:shop': amiss('unknown', reason, []) }));
  expect(text[0]).toMatch(/^Why: nothing has been told of it; .*…$/);
  expect(text[2]).toMatch(/^\[unknown] workload:shop unknown for 12 s: nothing .*…$/);
  expect(Math.max(...text.map(({ length }) => length))).toBeLessThan(230);
});

test('a tree of many bad parts ends, and says how to see the rest', () => {
  const stamps = Array.from({ length: 300 }, (_, index) => `stamp:s-${index}` as const);
  const bad = amiss('unhealthy', 'gone', [...stamps]);
  const report = createHealthReport(
    {},
    {
      entities: [
        createEntity('workload:shop', stamps, bad),
        ...stamps.map((id) => createEntity(id, [], { ...bad, rootCauses: [id] })),
      ],
    },
  );
  const text = lines(report);
  expect(text).toContain('  and 295 more');
  expect(text.at(-1)).toBe('... and 201 more lines: see all of them with --all.');
  expect(text.length).toBeLessThan(120);
  expect(lines(report, { all: true }).length).toBeGreaterThan(300);
});
