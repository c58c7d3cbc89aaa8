import { expect, test } from 'vitest';
import { AlertRun, burnOf, entityOf, flowOf, pairOf } from './alert-world.ts';

const bad = (id: string, more = {}) => entityOf(id, { state: 'unhealthy', rootCauses: [id], ...more });
const members = ['unit:pg-1', 'unit:pg-2', 'unit:pg-3'];

test('when all parts of a store are bad and it with them, the store is the one cause', () => {
  const run = new AlertRun();
  const entities = [
    flowOf('buy', 'high unhealthy', ...members),
    entityOf('store:database', {
      state: 'unhealthy',
      rootCauses: members,
      alertKind: 'database-writer-gone',
    }),
    // Another stamp trouble beside it stays one of its own.
    entityOf('stamp:a', { state: 'unhealthy', rootCauses: ['stamp:a', ...members] }),
    entityOf('stamp:b', { state: 'degraded', rootCauses: members }),
    entityOf('region:west', { state: 'unhealthy', rootCauses: ['stamp:a', ...members] }),
    entityOf('region:east', { state: 'unhealthy', rootCauses: members }),
    ...members.map((id) => bad(id)),
  ];
  expect(run.hold({ entities }, 20)).toEqual(['opened store:database page', 'opened stamp:a info']);
  expect(run.alerts[0]).toMatchObject({
    kind: 'database-writer-gone',
    affects: ['flow:buy', 'region:east', 'region:west', 'stamp:a', 'stamp:b'],
  });
});

test('a store that does not serve is the cause, even when one server is what it lacks', () => {
  const entities = [
    flowOf('buy', 'high degraded', 'unit:pg-1'),
    entityOf('store:orders', {
      state: 'unhealthy',
      rootCauses: ['unit:pg-1'],
      alertKind: 'database-writer-gone',
    }),
    bad('unit:pg-1'),
  ];
  const run = new AlertRun();
  expect(run.hold({ entities }, 20)).toEqual(['opened store:orders ticket']);
  expect(run.alerts[0]?.kind).toBe('database-writer-gone');
});

test('a region, zone or stamp with one bad part is not told as a whole, and a host is no part of a store', () => {
  const entities = [
    entityOf('region:west', { state: 'unhealthy', rootCauses: ['unit:gateway-west'] }),
    bad('unit:gateway-west'),
    entityOf('store:orders', { state: 'unhealthy', rootCauses: ['host:east-1'] }),
    bad('host:east-1'),
  ];
  expect(new AlertRun().hold({ entities }, 20)).toEqual([
    'opened host:east-1 info',
    'opened unit:gateway-west info',
  ]);
});

test('parts stay with their store while it recovers', () => {
  const run = new AlertRun();
  const store = { rootCauses: members, alertKind: 'database-writer-gone' as const };
  const all = members.map((id) => bad(id));
  run.hold({ entities: [entityOf('store:database', { ...store, state: 'unhealthy' }), ...all] }, 20);
  const degraded = entityOf('store:database', { ...store, state: 'degraded' });
  expect(run.hold({ entities: [degraded, ...all] }, 60)).toEqual([]);
  expect(
    run.hold({ entities: [entityOf('store:database'), ...members.map((id) => entityOf(id))] }, 61),
  ).toEqual(['resolved store:database info']);
});

test('a lost region is one cause, whatever was in it', () => {
  const inside = ['host:west-1', 'host:west-2', 'unit:pg-1', 'unit:queue-west', 'stamp:a', 'stamp:b'];
  const entities = [
    flowOf('buy', 'high degraded', ...inside),
    entityOf('region:west', { state: 'unhealthy', rootCauses: inside }),
    entityOf('zone:west-1', { state: 'unhealthy', rootCauses: ['host:west-1', 'unit:pg-1', 'stamp:a'] }),
    entityOf('zone:west-2', {
      state: 'unhealthy',
      rootCauses: ['host:west-2', 'unit:queue-west', 'stamp:b'],
    }),
    entityOf('store:database', { state: 'unhealthy', rootCauses: ['unit:pg-1'] }),
    ...inside.map((id) => bad(id)),
  ];
  expect(new AlertRun().hold({ entities }, 20)).toEqual(['opened region:west ticket']);
});

test('a burning budget makes the alert of its known cause worse instead of a second one', () => {
  const run = new AlertRun();
  const entities = [bad('unit:a'), flowOf('buy', 'medium degraded', 'unit:a')];
  run.hold({ entities }, 20);
  expect(run.hold({ entities, burns: [burnOf('buy', [pairOf()])] }, 20)).toEqual(['updated unit:a page']);
  expect(run.alerts[0]?.values).toEqual({ 'burn rate of buy, 1h': 20 });
});

test('a budget that still shows an outage which is over is not told again', () => {
  const run = new AlertRun();
  run.hold({ entities: [bad('unit:a'), flowOf('buy', 'high unhealthy', 'unit:a')] }, 60);
  const well = [entityOf('unit:a'), flowOf('buy', 'high healthy')];
  const slow = pairOf({ long: '6h', short: '30m' });
  expect(run.hold({ entities: well, burns: [burnOf('buy', [pairOf(), slow])] }, 5 * 60)).toEqual([
    'resolved unit:a page',
  ]);
  const burns = [burnOf('buy', [slow])];
  expect(run.hold({ entities: well, burns }, 25 * 60)).toEqual([]);
  // The window has passed the outage, and it still burns: that is news.
  expect(run.hold({ entities: well, burns }, 120)).toEqual(['opened flow:buy page']);
});

test('a budget that burns for no known cause is an alert of its flow, of the severity of its windows', () => {
  const run = new AlertRun();
  const ticket = pairOf({ long: '3d', short: '6h', severity: 'ticket', threshold: 0.93, rate: 1.26 });
  const entities = [flowOf('buy', 'high healthy')];
  expect(run.hold({ entities, burns: [burnOf('buy', [ticket, pairOf({ firing: false })])] }, 20)).toEqual([
    'opened flow:buy ticket',
  ]);
  expect(run.alerts[0]).toMatchObject({
    kind: 'error-budget-burning',
    title: 'The error budget of flow buy burns',
    reason: 'the error budget burns 1.3 times as fast as it may, over 3d (alarm above 0.9)',
    owner: { role: 'workload' },
  });
  expect(run.hold({ entities, burns: [burnOf('buy', [pairOf({ firing: false })])] }, 61)).toEqual([
    'resolved flow:buy ticket',
  ]);
});

test('what is not seen is one alert of missing telemetry, after a minute', () => {
  const run = new AlertRun();
  const unknown = ['unit:a', 'unit:b', 'stamp:c'].map((id) => entityOf(id, { state: 'unknown' }));
  expect(run.hold({ entities: unknown }, 60)).toEqual([]);
  expect(run.hold({ entities: unknown }, 1)).toEqual(['opened telemetry ticket']);
  expect(run.alerts[0]).toMatchObject({
    kind: 'observer-blind',
    reason: 'nothing is known of stamp:c, unit:a, unit:b',
  });
  expect(run.hold({ entities: unknown.map(({ id }) => entityOf(id)) }, 61)).toEqual([
    'resolved telemetry ticket',
  ]);
});

test('a flow of high criticality that nobody tells of pages; a blind observer is the cause where there is one', () => {
  const entities = [flowOf('buy', 'high healthy')];
  const burns = [{ flow: 'buy', pairs: [], isSilent: true }];
  expect(new AlertRun().hold({ entities, burns }, 61)).toEqual(['opened telemetry page']);
  const observer = bad('unit:observer-west', { alertKind: 'observer-blind' });
  const run = new AlertRun();
  expect(
    run.hold({ entities: [...entities, observer, entityOf('unit:x', { state: 'unknown' })], burns }, 61),
  ).toEqual(['opened unit:observer-west page']);
  expect(run.alerts[0]?.affects).toEqual(['flow:buy', 'unit:x']);
});

test('what was bad and is not seen any more stays open', () => {
  const run = new AlertRun();
  run.hold({ entities: [bad('unit:a')] }, 20);
  const unseen = [entityOf('unit:a', { state: 'unknown' })];
  expect(run.hold({ entities: unseen }, 300)).toEqual(['opened telemetry ticket']);
  expect(run.open().map(({ rootCause }) => rootCause)).toContain('unit:a');
});
