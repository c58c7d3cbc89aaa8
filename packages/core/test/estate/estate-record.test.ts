import { zonePorts } from '@alwayson/protocol/environment.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addRelease,
  type EstateRecord,
  firstEstate,
  isLeaving,
  removeRelease,
  removeStamp,
  setCount,
  setLive,
  slotsMax,
  stampsPerZoneMax,
  wantCount,
  wantedIn,
  whyNotAdd,
} from '../../src/estate/estate-record.ts';
import { toStampId } from '../../src/estate/stamp-id.ts';

const zones = ['west-1', 'west-2', 'east-1', 'east-2'];
/** The first two want the same slots. */
const releases = ['000001', '000041', 'abcdef', 'fedcba', '123456'].map((name) => name.padEnd(64, '0'));
const namesake = '123456'.padEnd(64, 'f');
const [one = '', two = '', three = ''] = releases;

const live = (release: string) => setLive(addRelease(firstEstate, release, zones), release);
const ids = (record: EstateRecord) => record.stamps.map(toStampId);
const slotOf = (record: EstateRecord, id: string) =>
  record.stamps.find((stamp) => toStampId(stamp) === id)?.slot;
const of = (record: EstateRecord, release: string) =>
  record.stamps.filter((stamp) => stamp.release === release);

test('a release stands beside the live one, as large as that, and again changes nothing', () => {
  const larger = setCount(live(one), 'east-1', 2);
  const both = addRelease(larger, three, zones);
  expect(ids(both).filter((id) => id.endsWith('abcdef'))).toEqual([
    'west-1-abcdef',
    'west-2-abcdef',
    'east-1-abcdef',
    'east-1-b-abcdef',
    'east-2-abcdef',
  ]);
  expect(of(both, one)).toEqual(larger.stamps);
  expect(addRelease(both, three, zones)).toBe(both);
  expect(removeRelease(both, three)).toEqual(larger);
});

test('releases that want the same slots get others, and keep them when the first goes', () => {
  const both = addRelease(live(one), two, zones);
  expect(slotOf(both, 'west-1-000001')).not.toBe(slotOf(both, 'west-1-000041'));
  const after = removeRelease(setLive(both, two), one);
  expect(after.stamps).toEqual(of(both, two));
});

test('a release that begins like another that stands is refused, and stands later', () => {
  const other = addRelease(live(one), releases[4] ?? '', zones);
  expect(whyNotAdd(other, namesake)).toContain('begin alike');
  expect(() => addRelease(other, namesake, zones)).toThrow(
    expect.objectContaining({ code: 'AON_RELEASE_UNSUITABLE' }),
  );
  expect(whyNotAdd(removeRelease(other, releases[4] ?? ''), namesake)).toBeNull();
});

test('the live release cannot be removed, and none without stamps can be live', () => {
  expect(() => removeRelease(live(one), one)).toThrow('is live');
  expect(() => setLive(live(one), two)).toThrow('has no stamps');
});

test('a count adds and takes the highest; what leaves is told first when that is wanted', () => {
  const larger = setCount(live(one), 'west-1', 3);
  expect(ids(larger).filter((id) => id.startsWith('west-1'))).toEqual([
    'west-1-000001',
    'west-1-b-000001',
    'west-1-c-000001',
  ]);
  expect(ids(setCount(larger, 'west-1', 1))).toEqual(ids(live(one)));
  const leaving = wantCount(larger, 'west-1', 2);
  const last = leaving.stamps.filter((stamp) => isLeaving(leaving, stamp));
  expect(last.map(toStampId)).toEqual(['west-1-c-000001']);
  expect(last.reduce(removeStamp, leaving)).toEqual(setCount(larger, 'west-1', 2));
  const [first] = leaving.stamps;
  if (first === undefined) throw new Error('nothing stands');
  expect(() => removeStamp(leaving, first)).toThrow('leaving');
});

test('counts have bounds, and so have slots: a release without room is refused as a whole', () => {
  expect(() => setCount(live(one), 'west-1', 0)).toThrow('1 to 8');
  expect(() => setCount(live(one), 'west-1', stampsPerZoneMax + 1)).toThrow('1 to 8');
  const full = Array.from({ length: slotsMax - 1 }, (_, n) => n.toString(16).padStart(6, '9')).reduce(
    (record, name) => addRelease(record, name.padEnd(64, '0'), zones),
    live(one),
  );
  expect(() => addRelease(full, three, zones)).toThrow('no room');
});

test('blocks of ports stay clear of every other port and of those that the system gives out', () => {
  const { stampBase, stampBlock, ...others } = zonePorts;
  // One more is spare.
  const end = stampBase + (slotsMax + 1) * stampBlock;
  expect(Object.values(others).filter((port) => port >= stampBase && port < end)).toEqual([]);
  expect(end).toBeLessThan(32_768);
  // The agent and the most components that a manifest may have.
  expect(stampBlock).toBeGreaterThanOrEqual(21);
});

type Step = (record: EstateRecord) => EstateRecord;
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(...releases).map((release) => (r: EstateRecord) => addRelease(r, release, zones)),
  fc
    .constantFrom(...releases)
    .map((release) => (r: EstateRecord) => (release === r.live ? r : removeRelease(r, release))),
  fc
    .constantFrom(...releases)
    .map((release) => (r: EstateRecord) => (of(r, release).length === 0 ? r : setLive(r, release))),
  fc
    .tuple(fc.constantFrom(...zones), fc.integer({ min: 1, max: stampsPerZoneMax }), fc.boolean())
    .map(([zone, count, atOnce]) => {
      return (r: EstateRecord) => (atOnce ? setCount : wantCount)(r, zone, count);
    }),
);

test('in any order: no two stamps share an id or a slot of a zone, who stands keeps its slot, and JSON keeps it all', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 60 }), (steps) => {
      let record = live(one);
      for (const step of steps) {
        const next = step(record);
        const names = ids(next);
        expect(new Set(names).size).toBe(names.length);
        const places = next.stamps.map(({ zone, slot }) => `${zone} ${slot}`);
        expect(new Set(places).size).toBe(places.length);
        expect(next.stamps.every(({ slot }) => slot >= 0 && slot < slotsMax)).toBe(true);
        for (const id of names)
          if (ids(record).includes(id)) expect(slotOf(next, id)).toBe(slotOf(record, id));
        const lives = of(next, next.live).filter((stamp) => !isLeaving(next, stamp));
        for (const zone of zones) {
          const count = lives.filter((stamp) => stamp.zone === zone).length;
          expect(count).toBeLessThanOrEqual(wantedIn(next, zone));
          expect(count).toBeGreaterThan(0);
        }
        expect(JSON.parse(JSON.stringify(next))).toEqual(next);
        record = next;
      }
    }),
    { numRuns: 300 },
  );
});
