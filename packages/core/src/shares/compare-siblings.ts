import { expectedMin, fisherP, rateOf, type Sample, sizeOf, zScore } from './compare-samples.ts';

export interface SiblingSample extends Sample {
  stamp: string;
}

export interface ErrorOutlier {
  stamp: string;
  own: Sample;
  siblings: Sample;
  z: number;
}

export interface OutlierRule {
  /** Requests of the stamp at least. */
  countMin: number;
  /** How unlikely chance must be, by Fisher's exact test. */
  chanceMax: number;
  /** Judge by that test alone; else by z wherever that is good enough. */
  isExact: boolean;
}

/** health.md 3.4: z of 3, or what Fisher's exact test has instead when counts are small: 5 of 100 beside 0 of 200 is an outlier. */
export const suspectRule: OutlierRule = { countMin: 50, chanceMax: 0.005, isExact: false };
const zMin = 3;
const differenceMin = 0.02;
const ratioMin = 3;

/** Whether a sample is worse than its siblings by enough to matter, and not by chance. */
export function isOutlier(own: Sample, siblings: Sample, rule: OutlierRule): boolean {
  const { countMin, chanceMax, isExact } = rule;
  if (sizeOf(own) < countMin || sizeOf(siblings) < countMin) return false;
  const rate = rateOf(own);
  const usual = rateOf(siblings);
  if (rate - usual < differenceMin || rate < ratioMin * usual) return false;
  return isExact || expectedMin(own, siblings) < 5
    ? fisherP(own, siblings) <= chanceMax
    : zScore(own, siblings) >= zMin;
}

/**
 * Stamps that fail more often than their siblings. The siblings are those on the better side of the clearest gap: pooled with other
 * bad ones, two of four would hide each other. When all fail alike there is no gap, and nobody is an outlier.
 */
export function findErrorOutliers(
  samples: readonly SiblingSample[],
  ruleOf: (stamp: string) => OutlierRule,
): ErrorOutlier[] {
  if (samples.every(({ bad }) => bad === 0)) return [];
  const sorted = samples.filter((sample) => sizeOf(sample) > 0).toSorted((a, b) => rateOf(a) - rateOf(b));
  const splits = sorted.slice(1).map((_, index) => {
    const better = pool(sorted.slice(0, index + 1));
    const worse = sorted.slice(index + 1);
    return { better, worse, z: zScore(pool(worse), better) };
  });
  const [clearest] = splits.toSorted((a, b) => b.z - a.z);
  if (clearest === undefined) return [];
  const { better, worse } = clearest;
  return worse
    .filter((sample) => isOutlier(sample, better, ruleOf(sample.stamp)))
    .map(({ stamp, good, bad }) => {
      return { stamp, own: { good, bad }, siblings: better, z: zScore({ good, bad }, better) };
    });
}

function pool(samples: readonly Sample[]): Sample {
  return samples.reduce((sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }), {
    good: 0,
    bad: 0,
  });
}
