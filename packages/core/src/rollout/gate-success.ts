import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { rateOf, type Sample, sizeOf } from '../shares/compare-samples.ts';
import type { GateRules } from './gate-rules.ts';
import { compareStrata, lookChanceMax, type Stratum, toChance, toOdds } from './gate-strata.ts';
import { countOwn, type FlowView, toGroups, type ViewGroup } from './gate-view.ts';
import { toChanceWords, toCount } from './gate-words.ts';

export interface SuccessContext {
  rules: GateRules;
  /** Everybody sees a dependency bad: what was measured before that is no measure now. */
  isSharedTrouble: boolean;
  /** With fewer requests of the live release there is nothing to compare with. */
  referenceMin: number;
  /** What the text begins with. */
  words: string;
}

/** What is not beyond doubt, but too unlikely to pass. */
const doubtMax = 1e-2;
/** Failures of the candidate for each of the live release, as odds. */
const oddsRatioMin = 3;
/** Without anything to compare with, this many are taken for what a release may have. */
const assumedFailures: Sample = { good: 950_000, bad: 50_000 };
const assumedCountMin = 50;

interface Finding {
  verdict: GateCheck['verdict'];
  chance: number;
  text: string;
}

/**
 * Whether users fail more often at the candidate, flow by flow: over all regions, and in each alone. All flows together find at once
 * what fails everywhere a little.
 */
export function judgeSuccess(views: readonly FlowView[], context: SuccessContext): GateCheck[] {
  const groups = views.map(({ strata }) => toGroups(strata));
  const count = groups.reduce((sum, own) => sum + own.length, 0);
  const all: ViewGroup = { where: '', strata: views.flatMap(({ strata }) => strata) };
  const hasMany = views.length > 1;
  // Half of what chance may do is for all flows together: it is the quickest to find what fails everywhere.
  const share = 1 / (hasMany ? 2 * count : count);
  const checks = views.map(({ flow, strata }, index): GateCheck => {
    const findings = (groups[index] ?? []).map((group) => judgeGroup(group, { ...context, share }));
    return { ...toCheck(findings, context.words), flow: flow.name, samples: countOwn(strata) };
  });
  if (!hasMany) return checks;
  const whole = judgeGroup(all, { ...context, share: 0.5 });
  return [{ ...toCheck([whole], context.words), samples: countOwn(all.strata) }, ...checks];
}

const ranks: readonly GateCheck['verdict'][] = ['fail', 'not-enough-data', 'pass'];

/** The worst word is the flow's. */
function toCheck(findings: readonly Finding[], words: string): GateCheck {
  const [worst] = findings.toSorted(
    (a, b) => ranks.indexOf(a.verdict) - ranks.indexOf(b.verdict) || a.chance - b.chance,
  );
  const { verdict, text } = worst ?? { verdict: 'not-enough-data', text: 'no requests' };
  return { name: 'success', verdict, text: `${words}${text}` };
}

function judgeGroup({ where, strata }: ViewGroup, context: SuccessContext & { share: number }): Finding {
  const compared = strata.flatMap(({ own, other }) => (other === null ? [] : [{ own, other }]));
  const { own, other, expected } = compareStrata(compared);
  if (sizeOf(other) < context.referenceMin) return judgeAlone({ where, strata }, context);
  const beside = `${where}${toCount(own.bad)} of ${toCount(sizeOf(own))} failed, beside ${toCount(other.bad)} of ${toCount(sizeOf(other))}`;
  const chance = isClearlyMore(own, expected, context.rules) ? toChance(compared) : 1;
  if (chance > doubtMax * context.share) return { verdict: 'pass', chance, text: beside };
  const isEarlier = compared.some((stratum) => stratum.other.isEarlier);
  const text = `${beside}${isEarlier ? ' in the step before' : ''} ${toChanceWords(chance)}`;
  if (chance > lookChanceMax * context.share) return { verdict: 'not-enough-data', chance, text };
  if (!isEarlier || !context.isSharedTrouble) return { verdict: 'fail', chance, text };
  return { verdict: 'not-enough-data', chance, text: `${text}, but everybody is in trouble now` };
}

/** Nothing to compare with: only what no release may do is held against it, and only what its objective allows lets it pass. */
function judgeAlone({ where, strata }: ViewGroup, context: SuccessContext & { share: number }): Finding {
  const own = strata.reduce<Sample>((sum, stratum) => add(sum, stratum.own), { good: 0, bad: 0 });
  const beside: Stratum[] = [{ own, other: assumedFailures }];
  const isMore = isClearlyMore(own, rateOf(assumedFailures), context.rules);
  const chance = isMore && sizeOf(own) >= assumedCountMin ? toChance(beside) : 1;
  const text = `${where}${toCount(own.bad)} of ${toCount(sizeOf(own))} failed, with nothing to compare with`;
  const isWrong = chance <= lookChanceMax * context.share && !context.isSharedTrouble;
  if (isWrong) return { verdict: 'fail', chance, text };
  const allowed = context.rules.failureDifference / 100;
  return { verdict: rateOf(own) <= allowed ? 'pass' : 'not-enough-data', chance, text };
}

function isClearlyMore(own: Sample, expected: number, { failureDifference }: GateRules): boolean {
  const rate = rateOf(own);
  return rate - expected >= failureDifference / 100 && toOdds(rate) >= oddsRatioMin * toOdds(expected);
}

function add(one: Sample, two: Sample): Sample {
  return { good: one.good + two.good, bad: one.bad + two.bad };
}
