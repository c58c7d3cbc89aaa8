import { expect, test } from 'vitest';
import {
  createStanding,
  decideStanding,
  forgiveAfterMs,
  type Standing,
  type StandingInput,
  toFactor,
} from '../../src/shares/readmission.ts';

const good: StandingInput = {
  evidence: 'good',
  keys: [],
  look: 'good',
  isProven: true,
  isFirst: false,
  isAwaited: false,
};
const bad: StandingInput = { ...good, evidence: 'bad', keys: ['self'], look: 'bad' };
const serving: Standing = { ...createStanding(0), kind: 'serving' };

/** One look a second until it is in that kind; how long it took. */
function climb(from: Standing, kind: Standing['kind'], start: number): { standing: Standing; at: number } {
  let standing = from;
  for (let at = start; at < start + 1_000_000; at += 1000) {
    standing = decideStanding(standing, good, at);
    if (standing.kind === kind) return { standing, at };
  }
  throw new Error(`never ${kind}`);
}

test('back into traffic: held down for 30 s, a trial of 2 %, then 10 to 100 % over 45 s', () => {
  const out = decideStanding(serving, bad, 0);
  expect(out).toMatchObject({ kind: 'out', until: 30_000, strikes: 1 });
  const trial = climb(out, 'trial', 1000);
  expect(trial.at).toBe(30_000);
  expect(toFactor(trial.standing, trial.at)).toBe(0.02);
  const slow = climb(trial.standing, 'slow-start', trial.at);
  expect(slow.at - trial.at).toBe(10_000);
  expect(toFactor(slow.standing, slow.at)).toBeCloseTo(0.1);
  expect(toFactor(slow.standing, slow.at + 22_500)).toBeCloseTo(0.55);
  const back = climb(slow.standing, 'serving', slow.at);
  expect(back.at - slow.at).toBe(45_000);
});

test('every fall soon after doubles the hold-down, up to 300 s; a long time in service forgives', () => {
  let standing = serving;
  const holds: number[] = [];
  let at = 0;
  for (let fall = 0; fall < 6; fall += 1) {
    standing = decideStanding(standing, bad, at);
    holds.push((standing.until ?? 0) - at);
    ({ standing, at } = climb(standing, 'trial', at));
  }
  expect(holds).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  ({ standing, at } = climb(standing, 'serving', at));
  const late = decideStanding(standing, bad, at + forgiveAfterMs);
  expect((late.until ?? 0) - at - forgiveAfterMs).toBe(30_000);
});

test('two good looks in a row are needed, and the same look counts once', () => {
  const out: Standing = { ...serving, kind: 'out', until: 0 };
  const one = decideStanding(out, good, 1);
  expect(decideStanding(one, { ...good, look: 'none' }, 2).kind).toBe('out');
  expect(decideStanding(decideStanding(one, { ...good, look: 'bad' }, 2), good, 3).kind).toBe('out');
  expect(decideStanding(one, good, 2).kind).toBe('trial');
});

test('the first ones of all serve after one good look, one that a rollout brings in after two', () => {
  const unseen = createStanding(0);
  expect(decideStanding(unseen, { ...good, isFirst: true }, 1).kind).toBe('serving');
  expect(decideStanding(unseen, { ...good, isFirst: true, look: 'bad' }, 1).kind).toBe('unseen');
  const one = decideStanding(unseen, { ...good, isAwaited: true }, 1);
  expect(one.kind).toBe('unseen');
  expect(decideStanding(one, { ...good, isAwaited: true }, 2).kind).toBe('serving');
});

test('a trial without traffic ends after 30 s, and an operator is no reason for a hold-down', () => {
  const trial: Standing = { ...serving, kind: 'trial' };
  const idle = { ...good, isProven: false };
  expect(decideStanding(trial, idle, 29_000).kind).toBe('trial');
  expect(decideStanding(trial, idle, 30_000).kind).toBe('slow-start');
  const off = decideStanding(serving, { ...good, evidence: 'off' }, 5);
  expect(off).toMatchObject({ kind: 'unseen', until: null, strikes: 0 });
});
