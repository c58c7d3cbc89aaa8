import type { GateCheck, GateResult, GateVerdict } from '@alwayson/protocol/releases.ts';
import { sayCount } from './rollout-words.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

const verdictSigns = {
  pass: { sign: '✔', format: 'green' },
  fail: { sign: '✖', format: 'red' },
  'not-enough-data': { sign: '○', format: 'yellow' },
} as const satisfies Record<GateVerdict, { sign: string; format: string }>;

export const verdictWords: Record<GateVerdict, string> = {
  pass: 'pass',
  fail: 'FAIL',
  'not-enough-data': 'not enough data',
};

/** The last word of the gates on each step, in the order of the steps. */
export function listLastGates(gates: readonly GateResult[]): GateResult[] {
  const byStep = new Map(gates.map((gate) => [gate.step, gate]));
  return [...byStep.values()].toSorted((a, b) => a.step - b.step);
}

/** `pass (9 checks, 40 requests by observers)` */
export function sayGate({ verdict, checks, synthetic }: GateResult): string {
  const count = `${checks.length} ${checks.length === 1 ? 'check' : 'checks'}`;
  const sent = synthetic === 0 ? '' : `, ${sayCount(synthetic)} requests by observers`;
  return `${verdictWords[verdict]} (${count}${sent})`;
}

/** One line a check: sign, name, flow, what was measured beside what. */
export function renderChecks(checks: readonly GateCheck[], { paint }: Painter): string[] {
  const rows = checks.map(({ name, flow, text }) => [name, flow ?? '', text]);
  const hasFlows = checks.some(({ flow }) => flow !== undefined);
  const lines = renderTable(hasFlows ? rows : rows.map(([name = '', , text = '']) => [name, text]), '');
  return lines.map((line, index) => {
    const { sign, format } = verdictSigns[checks[index]?.verdict ?? 'not-enough-data'];
    return `${paint(format, sign)} ${line}`;
  });
}
