import type { GateCheck, GateVerdict } from '@alwayson/protocol/releases.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { GateRules } from './gate-rules.ts';

export interface GateJudgement {
  verdict: GateVerdict;
  checks: GateCheck[];
}

/**
 * A look at a step. `fail` as soon as something is beyond doubt; `pass` only at the end of the bake (`final`) and with enough requests;
 * until then, and with too few, `not-enough-data`.
 */
export function judgeGate(
  _evidence: GateEvidence,
  _rules: GateRules,
  _look: { final: boolean },
): GateJudgement {
  return { verdict: 'not-enough-data', checks: [] };
}
