import { expect, test } from 'vitest';
import type { GateRules } from '../../src/rollout/gate-rules.ts';
import { type Behaviour, createStep } from './gate-simulation.ts';
import { flowOf, rules } from './gate-world.ts';

const two: GateRules = { ...rules, flows: [flowOf('list'), flowOf('view')] };
const regions = ['west', 'east'];
const looks = 30;
const stepsEach = 5000;

test.each([0, 0.005, 0.02, 0.05])(
  'of 5,000 steps in which both releases fail at the rate of %d, less than one in a thousand is failed',
  (failing) => {
    let failed = 0;
    for (let seed = 0; seed < stepsEach; seed += 1) {
      const part = [0.05, 0.25, 0.5][seed % 3] ?? 0;
      const requestsPerSecond = [10, 30][seed % 2] ?? 0;
      const step = createStep(two, { requestsPerSecond, part, regions, everySeconds: 1 }, seed);
      const same = { failing, medianMs: 8 };
      for (let n = 0; n < looks; n += 1) {
        if (step.look({ candidate: same, live: same }).verdict !== 'fail') continue;
        failed += 1;
        break;
      }
    }
    process.stdout.write(`both fail at ${failing}: ${failed} of ${stepsEach} steps failed\n`);
    expect(failed).toBeLessThan(stepsEach / 1000);
  },
  600_000,
);

const well: Behaviour = { failing: 0, medianMs: 8 };
const noisy: Behaviour = { failing: 0.02, medianMs: 8 };

/** Half of them are found within `seconds`, after `bad` requests that failed; in slices of two seconds at 5 % of 200 requests/s. */
test.each([
  { what: '100 % failing', live: well, candidate: { ...well, failing: 1 }, seconds: 2, badMost: 25 },
  { what: '30 % failing', live: well, candidate: { ...well, failing: 0.3 }, seconds: 4, badMost: 15 },
  { what: '10 % failing', live: well, candidate: { ...well, failing: 0.1 }, seconds: 10, badMost: 12 },
  { what: '5 % failing', live: well, candidate: { ...well, failing: 0.05 }, seconds: 20, badMost: 12 },
  {
    what: '30 %, over 2 % of both',
    live: noisy,
    candidate: { ...well, failing: 0.32 },
    seconds: 6,
    badMost: 20,
  },
  { what: '3 x slower (24 ms)', live: well, candidate: { ...well, medianMs: 24 }, seconds: 20, badMost: 0 },
  {
    what: '3 x slower (90 ms)',
    live: { ...well, medianMs: 30 },
    candidate: { ...well, medianMs: 90 },
    seconds: 20,
    badMost: 0,
  },
])('$what is found in time', ({ what, live, candidate, seconds, badMost }) => {
  const found: { seconds: number; bad: number; requests: number }[] = [];
  const tries = 200;
  for (let seed = 0; seed < tries; seed += 1) {
    const traffic = { requestsPerSecond: 200, part: 0.05, regions, everySeconds: 2 };
    const step = createStep(two, traffic, seed);
    for (let n = 1; n <= looks; n += 1) {
      const { verdict, bad, requests } = step.look({ candidate, live });
      if (verdict !== 'fail') continue;
      found.push({ seconds: n * 2, bad, requests });
      break;
    }
  }
  const at = (part: number, key: 'seconds' | 'bad' | 'requests') =>
    found.map((one) => one[key]).toSorted((a, b) => a - b)[Math.floor(part * (found.length - 1))] ?? 0;
  const tell = (key: 'seconds' | 'bad' | 'requests') => `${at(0.5, key)} (95 %: ${at(0.95, key)})`;
  process.stdout.write(
    `${what}: found ${found.length} of ${tries}, after ${tell('seconds')} s of data, ${tell('bad')} bad of ${tell('requests')} requests\n`,
  );
  expect(found.length).toBe(tries);
  expect(at(0.5, 'seconds')).toBeLessThanOrEqual(seconds);
  expect(at(0.5, 'bad')).toBeLessThanOrEqual(badMost);
});
