import type { State } from '@alwayson/protocol/words.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlertEntity, FlowBurn } from '../../src/alerts/alert-input.ts';
import { AlertRun, burnOf, entityOf, flowOf, pairOf } from './alert-world.ts';

const members = ['unit:pg-west-1', 'unit:pg-west-2', 'unit:pg-east-1', 'unit:pg-east-2'];
const stamps = ['stamp:west-1', 'stamp:west-2', 'stamp:east-1', 'stamp:east-2'];
const regions = ['region:west', 'region:east'];
const flows = [
  ['list-items', 'high'],
  ['view-item', 'high'],
  ['show-storefront', 'high'],
  ['post-comment', 'medium'],
  ['manage-items', 'low'],
] as const;

interface Outage {
  /** When each member is seen to be gone, and to be back, in seconds. */
  goneAt: number[];
  backAt: number[];
  /** Seconds after which flows, stamps and regions show it; before that of the members, or after. */
  shownAfter: number;
  /** Stamps that come and go by themselves now and then. */
  noise: number[];
}

const startsAt = 60;
const lastsSeconds = 60;
const skew = fc.array(fc.nat(4), { minLength: members.length, maxLength: members.length });
const outage: fc.Arbitrary<Outage> = fc
  .record({ gone: skew, back: skew, shownAfter: fc.nat(4), noise: fc.array(fc.nat(3600), { maxLength: 20 }) })
  .map(({ gone, back, ...rest }) => ({
    ...rest,
    goneAt: gone.map((late) => startsAt + late),
    backAt: back.map((late) => startsAt + lastsSeconds + late),
  }));

/** A database that is gone for a minute, as the health model shows it second by second. */
function entitiesAt(second: number, { goneAt, backAt, shownAfter, noise }: Outage): AlertEntity[] {
  const down = members.filter((_, n) => second >= (goneAt[n] ?? 0) && second < (backAt[n] ?? 0));
  const isShown = second >= startsAt + shownAfter && second < startsAt + lastsSeconds + shownAfter;
  const shown = (bad: State): State => (isShown ? bad : 'healthy');
  const causes = isShown ? down : [];
  const isAllGone = down.length === members.length;
  const databaseState = isAllGone ? 'unhealthy' : down.length > 0 ? 'degraded' : 'healthy';
  const blips = noise.filter((at) => second >= at && second < at + 3);
  return [
    entityOf('workload:catalog', { state: shown('unhealthy'), rootCauses: causes }),
    ...flows.map(([name, criticality]) => flowOf(name, `${criticality} ${shown('unhealthy')}`, ...causes)),
    entityOf('store:database', {
      state: databaseState,
      rootCauses: down,
      alertKind: databaseState === 'unhealthy' ? 'database-writer-gone' : 'database-copy-gone',
    }),
    ...regions.map((id) => entityOf(id, { state: shown('degraded'), rootCauses: causes })),
    ...stamps.map((id, n) =>
      blips.some((at) => at % stamps.length === n)
        ? entityOf(id, { state: 'degraded', rootCauses: [id, ...causes] })
        : entityOf(id, { state: shown('degraded'), rootCauses: causes }),
    ),
    ...members.map((id) => entityOf(id, { state: down.includes(id) ? 'unhealthy' : 'healthy' })),
  ];
}

/** The budget of every flow burns from half a minute on, and shows it for as long as the short windows hold the outage. */
function burnsAt(second: number): FlowBurn[] {
  const end = startsAt + lastsSeconds + 5;
  const pairs = [
    pairOf({ firing: second > startsAt + 26 && second < end + 300 }),
    pairOf({ long: '6h', short: '30m', firing: second > startsAt + 50 && second < end + 1800 }),
  ];
  return flows.map(([name]) => burnOf(name, pairs));
}

test('a shared database outage is exactly one page, with every flow in it, from its start to its end', () => {
  fc.assert(
    fc.property(outage, (given) => {
      const run = new AlertRun();
      for (let second = 0; second < 3700; second += 1) {
        run.step({ entities: entitiesAt(second, given), burns: burnsAt(second) });
      }
      const story = run.changes.map(({ kind, alert }) => `${kind} ${alert.rootCause} ${alert.severity}`);
      expect(story.filter((change) => !change.startsWith('updated'))).toEqual([
        'opened store:database page',
        'resolved store:database page',
      ]);
      const flowIds = flows.map(([name]) => `flow:${name}`);
      expect(run.changes[0]?.alert).toMatchObject({ kind: 'database-writer-gone' });
      expect(run.changes[0]?.alert.affects.slice(0, flows.length).toSorted()).toEqual(flowIds.toSorted());
      expect(run.open()).toEqual([]);
    }),
    { numRuns: 60, seed: 3 },
  );
});
