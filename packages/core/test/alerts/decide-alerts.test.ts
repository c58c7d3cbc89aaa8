import { expect, test } from 'vitest';
import { acknowledgeAlert } from '../../src/alerts/acknowledge-alert.ts';
import { AlertRun, burnOf, entityOf, flowOf, pairOf } from './alert-world.ts';

const bad = (id: string, more = {}) => entityOf(id, { state: 'unhealthy', rootCauses: [id], ...more });

test('symptoms are named in the alert of their root cause and have none of their own', () => {
  const run = new AlertRun();
  const entities = [
    entityOf('workload:shop', { state: 'unhealthy', rootCauses: ['unit:pg'] }),
    flowOf('tidy', 'low degraded', 'unit:pg'),
    flowOf('buy', 'high unhealthy', 'unit:pg'),
    entityOf('component:api', { state: 'degraded', rootCauses: ['unit:pg'] }),
    bad('unit:pg', { reason: 'connection refused' }),
  ];
  expect(run.hold({ entities }, 30)).toEqual(['opened unit:pg page']);
  expect(run.alerts).toEqual([
    expect.objectContaining({
      title: 'pg is unhealthy',
      reason: 'connection refused',
      state: 'open',
      since: '2026-01-01T00:00:00.000Z',
      affects: ['flow:buy', 'flow:tidy', 'component:api', 'workload:shop'],
      owner: { role: 'head-of-operations', name: 'Operations', contact: 'ops@example.com' },
      runbook: 'docs/runbooks/unit-unhealthy.md',
    }),
  ]);
});

test.each([
  ['a high-criticality flow is unhealthy', flowOf('buy', 'high unhealthy', 'unit:a'), 'page'],
  ['a high-criticality flow is degraded', flowOf('buy', 'high degraded', 'unit:a'), 'ticket'],
  ['a medium flow is unhealthy', flowOf('rate', 'medium unhealthy', 'unit:a'), 'ticket'],
  ['no flow suffers', flowOf('buy', 'high healthy'), 'info'],
])('severity comes from what is affected: %s', (_, flow, severity) => {
  expect(new AlertRun().hold({ entities: [flow, bad('unit:a')] }, 20)).toEqual([`opened unit:a ${severity}`]);
});

test('what is bad for a moment only is no alert', () => {
  const run = new AlertRun();
  run.hold({ entities: [bad('unit:a')] }, 10);
  run.hold({ entities: [entityOf('unit:a')] }, 5);
  expect(run.hold({ entities: [bad('unit:a')] }, 10)).toEqual([]);
});

test('a flow whose cause comes to light is told with it', () => {
  const run = new AlertRun();
  expect(run.hold({ entities: [flowOf('buy', 'high unhealthy')] }, 10)).toEqual(['opened flow:buy page']);
  const entities = [flowOf('buy', 'high unhealthy', 'unit:a'), bad('unit:a')];
  expect(run.hold({ entities }, 10)).toEqual(['opened unit:a page', 'resolved flow:buy page']);
  expect(run.alerts.at(-1)?.resolution).toMatch(
    /^Its cause is known: see alert-[0-9a-f]{8}, a is unhealthy\.$/,
  );
});

test('an alert is resolved when its cause has been gone for a minute, not before', () => {
  const run = new AlertRun();
  run.hold({ entities: [bad('unit:a')] }, 20);
  const well = { entities: [entityOf('unit:a')] };
  expect(run.hold(well, 60)).toEqual([]);
  expect(run.hold({ entities: [bad('unit:a')] }, 1)).toEqual([]);
  expect(run.hold(well, 60)).toEqual([]);
  expect(run.hold(well, 1)).toEqual(['resolved unit:a info']);
  expect(run.alerts[0]).toMatchObject({ state: 'resolved', resolution: 'Well for 60 s.', occurrence: 1 });
});

test('the same trouble later is the same id, and counted', () => {
  const run = new AlertRun();
  run.hold({ entities: [bad('unit:a')] }, 20);
  run.hold({ entities: [entityOf('unit:a')] }, 70);
  run.hold({ entities: [bad('unit:a')] }, 20);
  const [first, , second] = run.changes;
  expect(second).toMatchObject({ kind: 'opened', alert: { id: first?.alert.id, occurrence: 2 } });
  expect(second?.id).not.toBe(first?.id);
});

test('flapping keeps one alert open, for a bounded time', () => {
  const run = new AlertRun();
  const flags = ['flapping'];
  run.hold({ entities: [bad('unit:a', { flags })] }, 20);
  const calm = { entities: [entityOf('unit:a', { flags })] };
  for (let round = 0; round < 5; round += 1) {
    expect(run.hold(calm, 120)).toEqual([]);
    expect(run.hold({ entities: [bad('unit:a', { flags })] }, 30)).toEqual([]);
  }
  expect(run.open()).toMatchObject([{ flapping: true }]);
  expect(run.hold(calm, 601)).toEqual(['resolved unit:a info']);
});

test('maintenance keeps alerts from being opened, and open ones are still resolved', () => {
  const run = new AlertRun();
  const flags = ['maintenance'];
  expect(run.hold({ entities: [bad('unit:a', { flags })] }, 100)).toEqual([]);
  expect(run.memory.suppressed).toEqual({ 'unit:a': 'maintenance' });
  expect(run.hold({ entities: [bad('unit:a')] }, 1)).toEqual(['opened unit:a info']);
  run.hold({ entities: [bad('unit:a', { flags })] }, 1);
  expect(run.open()).toMatchObject([{ maintenance: true }]);
  expect(run.hold({ entities: [entityOf('unit:a', { flags })] }, 70)).toEqual(['resolved unit:a info']);
});

test('maintenance of the workload keeps every alert from being opened', () => {
  const entities = [entityOf('workload:shop', { flags: ['maintenance'] }), bad('unit:a')];
  expect(new AlertRun().hold({ entities, burns: [burnOf('buy', [pairOf()])] }, 60)).toEqual([]);
});

test('what drains is meant to be away; what starts gets two minutes', () => {
  const run = new AlertRun();
  const entities = [bad('stamp:old', { flags: ['draining'] }), bad('stamp:new', { flags: ['starting'] })];
  expect(run.hold({ entities }, 120)).toEqual([]);
  expect(run.hold({ entities }, 1)).toEqual(['opened stamp:new info']);
});

test('an alert that gets worse is told at once, also to who acknowledged it; it never gets milder', () => {
  const run = new AlertRun();
  run.hold({ entities: [bad('unit:a'), flowOf('buy', 'high degraded', 'unit:a')] }, 20);
  const id = run.alerts[0]?.id ?? '';
  const taken = acknowledgeAlert(run.memory, id, { owner: 'Ann', reason: 'looking', now: run.now });
  run.memory = taken ?? run.memory;
  expect(run.hold({ entities: [bad('unit:a'), flowOf('buy', 'high degraded', 'unit:a')] }, 1)).toEqual([]);
  expect(run.alerts[0]).toMatchObject({ state: 'acknowledged', acknowledged: { owner: 'Ann' } });
  const worse = { entities: [bad('unit:a'), flowOf('buy', 'high unhealthy', 'unit:a')] };
  expect(run.hold(worse, 5)).toEqual(['updated unit:a page']);
  expect(run.alerts[0]).toMatchObject({ state: 'open', owner: { role: 'head-of-operations' } });
  expect(run.alerts[0]).not.toHaveProperty('acknowledged');
  run.hold({ entities: [bad('unit:a')] }, 5);
  expect(run.alerts[0]).toMatchObject({ severity: 'page', affects: ['flow:buy'] });
});

test('flows that come to suffer later are told, a minute after the last word at the earliest', () => {
  const run = new AlertRun();
  const buy = flowOf('buy', 'high degraded', 'unit:a');
  run.hold({ entities: [bad('unit:a'), buy] }, 16);
  const wider = { entities: [bad('unit:a'), buy, flowOf('view', 'high degraded', 'unit:a')] };
  expect(run.hold(wider, 59)).toEqual([]);
  expect(run.hold(wider, 1)).toEqual(['updated unit:a ticket']);
  expect(run.changes.at(-1)?.alert.affects).toEqual(['flow:buy', 'flow:view']);
});

test('what nobody takes on is told again; what is acknowledged, or only worth knowing, is not', () => {
  const run = new AlertRun({
    settings: { owners: [], renotifyMinutes: 10, runbookBase: 'https://wiki.example/runbooks/' },
  });
  const entities = [bad('unit:a'), flowOf('buy', 'high unhealthy', 'unit:a'), bad('unit:b')];
  expect(run.hold({ entities }, 1300).filter((change) => change.startsWith('updated'))).toEqual([
    'updated unit:a page',
    'updated unit:a page',
  ]);
  expect(run.alerts[0]?.runbook).toBe('https://wiki.example/runbooks/unit-unhealthy.md');
  const id = run.alerts[0]?.id ?? '';
  run.memory =
    acknowledgeAlert(run.memory, id, { owner: 'Ann', reason: 'on it', now: run.now }) ?? run.memory;
  expect(run.hold({ entities }, 1300)).toEqual([]);
});

test('only an open alert can be acknowledged', () => {
  const run = new AlertRun();
  const request = { owner: 'Ann', reason: 'on it', now: run.now };
  expect(acknowledgeAlert(run.memory, 'alert-00000000', request)).toBeNull();
  run.hold({ entities: [bad('unit:a')] }, 20);
  run.hold({ entities: [] }, 70);
  expect(run.alerts).toMatchObject([{ state: 'resolved', resolution: 'a is not there any more.' }]);
  expect(acknowledgeAlert(run.memory, run.alerts[0]?.id ?? '', request)).toBeNull();
});

test('at most a hundred alerts are open; the worst first, the rest is remembered as too many', () => {
  const run = new AlertRun();
  const units = Array.from({ length: 150 }, (_, n) => bad(`unit:${String(n).padStart(3, '0')}`));
  const entities = [...units, flowOf('buy', 'high unhealthy', 'unit:149')];
  run.hold({ entities }, 20);
  expect(run.open()).toHaveLength(100);
  expect(run.open()[0]).toMatchObject({ rootCause: 'unit:149', severity: 'page' });
  expect(Object.values(run.memory.suppressed)).toEqual(Array.from({ length: 50 }, () => 'too-many'));
});

test('the manifest says whose an alert is; without a person of the role somebody is named all the same', () => {
  const rule = {
    severities: ['info' as const],
    kinds: ['unit-unhealthy' as const],
    role: 'sponsor' as const,
  };
  const settings = { owners: [rule], renotifyMinutes: 60, runbookBase: 'docs/runbooks' };
  const people = [{ role: 'sponsor' as const, name: 'Sue', contact: 'sue@example.com' }];
  const ruled = new AlertRun({ settings, people });
  ruled.hold({ entities: [bad('unit:a')] }, 20);
  expect(ruled.alerts[0]?.owner.name).toBe('Sue');
  const nobody = new AlertRun({ people: [] });
  nobody.hold({ entities: [bad('unit:a')] }, 20);
  expect(nobody.alerts[0]?.owner).toEqual({
    role: 'platform',
    name: 'Hearth & Trail',
    contact: 'Hearth & Trail',
  });
});
