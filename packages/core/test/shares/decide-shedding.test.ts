import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decideShedding,
  firstShedding,
  listRefusals,
  type SheddingInput,
  type SheddingMemory,
} from '../../src/shares/decide-shedding.ts';
import { createRandom } from './seeded-random.ts';

const names = { high: 'buy', medium: 'rate', low: 'browse' } as const;
const tickMs = 1000;

interface Load {
  high: number;
  medium: number;
  low: number;
  good: number;
  bad?: number;
}

function toInput({ high, medium, low, good, bad = 0 }: Load, now: number): SheddingInput {
  const demands = { high, medium, low };
  const flows = (['high', 'medium', 'low'] as const).map((criticality) => {
    return { name: names[criticality], criticality, demand: demands[criticality] };
  });
  return { flows, demand: high + medium + low, capacity: { good, bad }, headroom: 1.1, now };
}

/** Refused parts by flow after so long under the same load. */
function settle(load: Load, seconds = 120, before: SheddingMemory = firstShedding) {
  let memory = before;
  for (let now = 0; now < seconds * 1000; now += tickMs) memory = decideShedding(memory, toInput(load, now));
  return { memory, refused: toParts(memory) };
}

function toParts(memory: SheddingMemory) {
  const refusals = listRefusals(memory, toInput({ high: 1, medium: 1, low: 1, good: 1 }, 0).flows);
  return Object.fromEntries(refusals.map(({ flow, part }) => [flow, part]));
}

const load = { high: 100, medium: 50, low: 50 };

test.each<[string, Load, Record<string, number>]>([
  ['what can be served is not refused, up to the last request', { ...load, good: 200 }, {}],
  ['an excess within what is known of capacity is none', { ...load, good: 197 }, {}],
  ['low goes first, no more of it than is too much', { ...load, good: 180 }, { browse: 0.4 }],
  ['medium only when all of low is not enough', { ...load, good: 130 }, { browse: 1, rate: 0.4 }],
  ['high never, however much is lacking', { ...load, good: 10 }, { browse: 1, rate: 1 }],
  [
    'low spares the others bad stamps, with the headroom that these are planned with',
    { ...load, good: 200, bad: 100 },
    { browse: 0.4 },
  ],
  ['medium goes to bad stamps rather than nowhere', { ...load, good: 110, bad: 100 }, { browse: 1 }],
  [
    'medium too when even with bad stamps too little is left',
    { ...load, good: 100, bad: 20 },
    { browse: 1, rate: 0.6 },
  ],
  ['without a good stamp nobody would be served better', { ...load, good: 0, bad: 200 }, {}],
  ['without any stamp nobody is refused for others', { ...load, good: 0 }, {}],
])('%s', (_, given, refused) => {
  expect(settle(given).refused).toEqual(refused);
});

test('a short peak refuses nobody; a lasting one does so after 3 s, and a good while after it all is as before', () => {
  const peak = { ...load, good: 150 };
  const calm = { ...load, good: 400 };
  let { memory } = settle(peak, 3);
  expect(toParts(memory)).toEqual({});
  memory = decideShedding(memory, toInput(calm, 3000));
  memory = decideShedding(memory, toInput(peak, 4000));
  memory = decideShedding(memory, toInput(peak, 6000));
  expect(toParts(memory)).toEqual({});
  memory = decideShedding(memory, toInput(peak, 7000));
  expect(toParts(memory)).toEqual({ browse: 1 });
  const seen: number[] = [];
  for (let now = 8000; now <= 60_000; now += tickMs) {
    memory = decideShedding(memory, toInput(calm, now));
    const part = toParts(memory)['browse'] ?? 0;
    if (part !== seen.at(-1)) seen.push(part);
    if (now < 23_000) expect(part).toBe(1);
  }
  expect(seen).toEqual([1, 0.8, 0.6, 0.4, 0.2, 0]);
});

test('while nobody can be asked, what is refused stays', () => {
  const { memory } = settle({ ...load, good: 150 });
  expect(decideShedding(memory, toInput({ ...load, good: 0 }, 1_000_000))).toBe(memory);
});

test('whatever the load: steps of a tenth, high never, medium only when all of low is refused, and enough is', () => {
  const rate = fc.integer({ min: 0, max: 500 });
  const loads = fc.record({ high: rate, medium: rate, low: rate, good: rate, bad: rate });
  fc.assert(
    fc.property(fc.array(loads, { minLength: 1, maxLength: 6 }), (several) => {
      let memory = firstShedding;
      let now = 0;
      for (const [index, one] of several.entries()) {
        const seconds = index === several.length - 1 ? 120 : 7;
        for (let second = 0; second < seconds; second += 1, now += tickMs) {
          memory = decideShedding(memory, toInput(one, now));
          for (const { tenths } of Object.values(memory)) expect(Number.isInteger(tenths)).toBe(true);
          expect(toParts(memory)).not.toHaveProperty(names.high);
        }
      }
      const last = several.at(-1);
      if (last === undefined || last.good + last.bad === 0) return;
      const { browse = 0, rate: medium = 0 } = toParts(memory);
      if (medium > 0) expect(browse).toBe(1);
      const left = last.high + last.medium * (1 - medium) + last.low * (1 - browse);
      const capacity = last.good + last.bad;
      if (last.high <= capacity) expect(left).toBeLessThanOrEqual(capacity * 1.02 + 1e-9);
    }),
    { numRuns: 300 },
  );
});

test('demand that hovers around the capacity changes refusals some ten times an hour at most', () => {
  const random = createRandom(11);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let memory = firstShedding;
  let changes = 0;
  let demand = 200;
  for (let now = 0; now < 3_600_000; now += tickMs) {
    // As it is smoothed before it comes here: it wanders, and does not jump.
    demand += (200 * (1 + 0.1 * gauss()) - demand) / 10;
    const part = demand / 200;
    const next = decideShedding(
      memory,
      toInput({ high: 100 * part, medium: 50 * part, low: 50 * part, good: 200 }, now),
    );
    if (next.low.tenths !== memory.low.tenths) changes += 1;
    memory = next;
  }
  expect(changes).toBeGreaterThan(0);
  expect(changes).toBeLessThanOrEqual(20);
});
