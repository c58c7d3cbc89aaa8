import { expect, test } from 'vitest';
import { type AsideFacts, createAside } from '../../src/health/stamps-aside.ts';
import { contactOf, createWorld, record, stamps, start } from './health-world.ts';

const [one = stamps[0], two] = stamps;
if (one === undefined || two === undefined) throw new Error('no stamps');
const candidate = { ...one, id: 'west-1-fedcba', release: 'fedcba9876543210' };
const second = { ...one, id: 'west-1-b-abcdef', ordinal: 1 };
const live = one.release;
const ready = contactOf(createWorld(), one.id);

const routed = (weights: Record<string, number>): AsideFacts['routes'] => ({
  ...record,
  stamps: Object.entries(weights).map(([id, weight]) => ({
    id,
    weight,
    region: 'west',
    zone: 'west-1',
    release: '',
    address: '',
    healthPort: 1,
    ports: {},
    state: 'ready',
  })),
});

const factsOf = (change: Partial<AsideFacts>): AsideFacts => ({
  stamps,
  live,
  draining: new Set(),
  routes: null,
  contact: () => ready,
  isWell: () => true,
  isBroughtUp: true,
  now: start,
  ...change,
});

const look = (change: Partial<AsideFacts>, aside = createAside(30_000)) => {
  const seen = aside(factsOf(change));
  return { aside: [...seen.aside], starting: [...seen.starting] };
};

test('a release that is not live stands aside until the routes give it something', () => {
  const standing = [...stamps, candidate];
  expect(look({ stamps: standing }).aside).toEqual([candidate.id]);
  expect(look({ stamps: standing, routes: routed({ [candidate.id]: 0 }) }).aside).toEqual([candidate.id]);
  expect(look({ stamps: standing, routes: routed({ [candidate.id]: 1 }) }).aside).toEqual([]);
  const pools = [{ gateway: 'east', weights: { [candidate.id]: 3 } }];
  expect(look({ stamps: standing, routes: { ...record, pools } }).aside).toEqual([]);
  // The live one is missed also when it gets nothing.
  expect(look({ routes: routed({ [one.id]: 0 }) }).aside).toEqual([]);
});

test('what is on its way out stands aside', () => {
  expect(look({ draining: new Set([one.id]) }).aside).toEqual([one.id]);
});

test('a stamp that appears has its time to start; who was there before, or has been ready, has none', () => {
  const aside = createAside(30_000);
  const silent = new Set<string>([two.id]);
  const contact = (id: string) => (silent.has(id) ? null : ready);
  expect(look({ contact }, aside)).toEqual({ aside: [], starting: [] });
  const standing = [...stamps, second];
  silent.add(second.id);
  const at = (now: number) => look({ stamps: standing, contact, now: start + now }, aside);
  expect(at(1000)).toEqual({ aside: [second.id], starting: [second.id] });
  expect(at(30_000)).toEqual({ aside: [second.id], starting: [second.id] });
  expect(at(31_000)).toEqual({ aside: [], starting: [] });
  silent.delete(second.id);
  expect(at(32_000)).toEqual({ aside: [], starting: [] });
  silent.add(second.id);
  expect(at(33_000)).toEqual({ aside: [], starting: [] });
});

test('a stamp that says it is ready stands aside until the health model has seen it well', () => {
  const aside = createAside(30_000);
  look({}, aside);
  const standing = [...stamps, second];
  const at = (now: number, isWell: boolean) =>
    look({ stamps: standing, isWell: (id) => isWell || id !== second.id, now: start + now }, aside).aside;
  expect(at(1000, false)).toEqual([second.id]);
  expect(at(5000, false)).toEqual([second.id]);
  expect(at(6000, true)).toEqual([]);
  expect(at(7000, false)).toEqual([]);
});

test('during a bring-up everybody is starting, and nobody is aside', () => {
  const seen = look({ isBroughtUp: false, contact: () => null });
  expect(seen).toEqual({ aside: [], starting: stamps.map(({ id }) => id) });
});
