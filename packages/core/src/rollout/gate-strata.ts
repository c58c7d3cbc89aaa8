import { fisherP, rateOf, type Sample, sizeOf } from '../shares/compare-samples.ts';

/** The candidate's requests beside the live release's, of one region and flow: like with like. */
export interface Stratum {
  own: Sample;
  other: Sample;
}

/** What chance may do in one look, over all that is compared in it. A bake has many looks, and a release several bakes. */
export const lookChanceMax = 2e-5;

export interface Comparison {
  own: Sample;
  other: Sample;
  /** What part of the candidate's requests would be bad if it were as bad as the other, stratum by stratum. */
  expected: number;
}

/** Strata that have requests of one side only tell nothing and are left out. */
export function compareStrata(strata: readonly Stratum[]): Comparison {
  const told = toTold(strata);
  const own = toSum(told.map((stratum) => stratum.own));
  const size = sizeOf(own);
  const bad = told.reduce((sum, stratum) => sum + sizeOf(stratum.own) * rateOf(stratum.other), 0);
  return { own, other: toSum(told.map(({ other }) => other)), expected: size === 0 ? 0 : bad / size };
}

/**
 * How likely chance alone gives the candidate at least its number of bad ones: exact, for any number of strata. Adding strata up
 * first would blame a release for getting more of its traffic from the region that is worse for both.
 */
export function toChance(strata: readonly Stratum[]): number {
  const [first, ...others] = toTold(strata);
  if (first === undefined) return 1;
  if (others.length === 0) return fisherP(first.own, first.other);
  const sum = others.map(spreadOf).reduce(convolve, spreadOf(first));
  const bad = [first, ...others].reduce((total, { own }) => total + own.bad, 0);
  return Math.min(
    1,
    sum.chances.reduce((tail, chance, index) => (sum.from + index >= bad ? tail + chance : tail), 0),
  );
}

/** Failures for each success: three times as many mean as much at 40 % as at 0.4 %. */
export function toOdds(rate: number): number {
  return rate >= 1 ? Number.POSITIVE_INFINITY : rate / (1 - rate);
}

function toTold(strata: readonly Stratum[]): Stratum[] {
  return strata.filter(({ own, other }) => sizeOf(own) > 0 && sizeOf(other) > 0);
}

function toSum(samples: readonly Sample[]): Sample {
  return samples.reduce((sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }), {
    good: 0,
    bad: 0,
  });
}

/** How likely each number of bad ones is, from `from` up. */
interface Spread {
  from: number;
  chances: number[];
}

/** What is less likely than this, beside the likeliest, is left out. */
const negligible = 1e-15;

/** Of the candidate's bad ones, when chance alone deals the bad ones of a stratum to its requests (hypergeometric). */
function spreadOf({ own, other }: Stratum): Spread {
  const size = sizeOf(own);
  const bad = own.bad + other.bad;
  const good = own.good + other.good;
  const most = Math.min(size, bad);
  const least = Math.max(0, size - good);
  const mode = Math.min(most, Math.max(least, Math.floor(((size + 1) * (bad + 1)) / (good + bad + 2))));
  /** How much likelier `n + 1` is than `n`. */
  const ratio = (n: number) => ((bad - n) * (size - n)) / ((n + 1) * (good - size + n + 1));
  const above: number[] = [];
  for (let n = mode, chance = 1; n < most; n += 1) {
    chance *= ratio(n);
    if (chance < negligible) break;
    above.push(chance);
  }
  const below: number[] = [];
  for (let n = mode - 1, chance = 1; n >= least; n -= 1) {
    chance /= ratio(n);
    if (chance < negligible) break;
    below.push(chance);
  }
  const relative = [...below.toReversed(), 1, ...above];
  const total = relative.reduce((sum, chance) => sum + chance, 0);
  return { from: mode - below.length, chances: relative.map((chance) => chance / total) };
}

function convolve(one: Spread, two: Spread): Spread {
  const chances = Array.from({ length: one.chances.length + two.chances.length - 1 }, () => 0);
  for (const [i, a] of one.chances.entries()) {
    for (const [j, b] of two.chances.entries()) chances[i + j] = (chances[i + j] ?? 0) + a * b;
  }
  return { from: one.from + two.from, chances };
}
