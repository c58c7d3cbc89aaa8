import type { GateCheck, GateVerdict } from '@alwayson/protocol/releases.ts';
import { sizeOf } from '../shares/compare-samples.ts';
import type { GateCell } from './gate-cells.ts';
import type { GateEvidence } from './gate-evidence.ts';
import { judgeHealth } from './gate-health.ts';
import { judgeLatency } from './gate-latency.ts';
import { judgeQueue } from './gate-queue.ts';
import type { GateRules } from './gate-rules.ts';
import { judgeSignal } from './gate-signal.ts';
import { judgeSuccess } from './gate-success.ts';
import { judgeMemory, judgeRestarts } from './gate-units.ts';
import { viewSynthetic, viewUsers } from './gate-view.ts';
import { toCount } from './gate-words.ts';

export interface GateJudgement {
  verdict: GateVerdict;
  checks: GateCheck[];
}

/** Fewer than these are no measure for anybody. Of our own we send few, and as many to both. */
const referenceMin = { users: 20, ours: 5 } as const;
/** Requests of a flow without which it counts as not seen. */
export const seenMin = 5;

/**
 * A look at a step. `fail` as soon as something is beyond doubt; `pass` only at the end of the bake (`final`) and with enough requests;
 * until then, and with too few, `not-enough-data`.
 */
export function judgeGate(
  evidence: GateEvidence,
  rules: GateRules,
  { final }: { final: boolean },
): GateJudgement {
  const { cause, units, queues, signals, counts } = evidence;
  const { latencyRatio, memoryRatio } = rules;
  const isSharedTrouble = cause?.kind === 'shared' || cause?.kind === 'all-bad';
  const users = viewUsers(evidence, rules);
  const ours = viewSynthetic(evidence, rules);
  const context = { rules, latencyRatio, isSharedTrouble };
  const checks = [
    ...judgeAmount(evidence, rules),
    ...judgeSuccess(users, { ...context, referenceMin: referenceMin.users, words: '' }),
    ...judgeSuccess(ours, { ...context, referenceMin: referenceMin.ours, words: 'of our own: ' }),
    ...judgeLatency(users, { ...context, final, words: '' }),
    ...judgeLatency(ours, { ...context, final, words: 'of our own: ' }),
    judgeRestarts(units),
    ...judgeMemory(units, memoryRatio),
    ...queues.map((queue) => judgeQueue(queue, isSharedTrouble)),
    judgeHealth(evidence),
    ...rules.signals.map((rule) => {
      const signal = signals.find(({ name }) => name === rule.name);
      return judgeSignal(rule, signal === undefined ? null : { signal, cells: counts.cells });
    }),
  ];
  return { verdict: toVerdict(checks, final), checks };
}

function toVerdict(checks: readonly GateCheck[], final: boolean): GateVerdict {
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return final && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'not-enough-data';
}

/** Whether there was enough to see: in all, of every flow that matters, and from every region. */
function judgeAmount({ counts, synthetic, unseen }: GateEvidence, rules: GateRules): GateCheck[] {
  const cells = [...counts.cells, ...synthetic];
  const samples = countCandidate(cells);
  const isEnough = samples >= rules.requestsMin;
  const text = `${toCount(samples)} of the new release, of ${toCount(rules.requestsMin)} that are needed`;
  const checks: GateCheck[] = [
    { name: 'requests', verdict: isEnough ? 'pass' : 'not-enough-data', text, samples },
  ];
  for (const { name, isRequired } of rules.flows) {
    const seen = countCandidate(cells.filter(({ flow }) => flow === name));
    if (!isRequired || seen >= seenMin) continue;
    const few = `${toCount(seen)} of the new release, of ${seenMin} that are needed`;
    checks.push({ name: 'requests', verdict: 'not-enough-data', text: few, flow: name, samples: seen });
  }
  if (unseen.length > 0) {
    const silent = `nothing is known of the traffic of ${unseen.join(', ')}`;
    checks.push({ name: 'requests', verdict: 'not-enough-data', text: silent });
  }
  return checks;
}

function countCandidate(cells: readonly GateCell[]): number {
  return cells.reduce((sum, cell) => (cell.side === 'candidate' ? sum + sizeOf(cell) : sum), 0);
}
