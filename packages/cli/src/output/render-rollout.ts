import type { GateResult, RolloutPhase, RolloutReport } from '@alwayson/protocol/releases.ts';
import { rolloutPhases } from '@alwayson/protocol/releases.ts';
import { listLastGates, renderChecks, sayGate } from './render-gates.ts';
import { renderLoss } from './render-loss.ts';
import {
  holdWords,
  isGoingBack,
  isOver,
  listHoldExits,
  phaseWords,
  sayParts,
  sayRelease,
  saySeconds,
  sayStep,
  sayWhat,
} from './rollout-words.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

export interface RolloutView {
  nowMs: number;
  /** Every check of every gate; without it those of the last one, and those that did not pass. */
  allChecks?: boolean;
}

type Mark = 'done' | 'current' | 'to-come' | 'failed';

const marks = {
  done: { sign: '✔', format: 'green' },
  current: { sign: '▶', format: 'cyan' },
  'to-come': { sign: '○', format: 'gray' },
  failed: { sign: '✖', format: 'red' },
} as const satisfies Record<Mark, { sign: string; format: string }>;

const before = rolloutPhases.slice(0, rolloutPhases.indexOf('shift'));
const after: RolloutPhase[] = ['settle', 'contract', 'drain', 'remove'];
const wayBack: RolloutPhase[] = ['revert', 'withdraw'];

/** Where a rollout stands: what matters now on top, then its phases and steps with what the gates found, then what it cost. */
export function renderRollout(report: RolloutReport, painter: Painter, view: RolloutView): string {
  return [
    ...renderHead(report, painter, view.nowMs),
    ...renderPhases(report, before, painter),
    ...renderToCome(report, before, painter),
    ...renderSteps(report, painter, view),
    ...renderPhases(report, after, painter),
    ...renderToCome(report, after, painter),
    ...renderPhases(report, wayBack, painter),
    ...renderLoss(report),
  ].join('\n');
}

function renderHead(report: RolloutReport, { paint }: Painter, nowMs: number): string[] {
  const name = paint('bold', sayRelease(report));
  const span = saySeconds(toElapsedSeconds(report, nowMs));
  const { state, reason = 'no reason was told', live } = report;
  const nowLive = live === undefined ? [] : [`  ${live} is live in all regions.`];
  switch (state) {
    case 'succeeded':
      return [`${paint('green', '✔')} ${name} succeeded after ${span}.`, ...nowLive];
    case 'undone':
      return [`${paint('red', '✖')} ${name} was undone after ${span}: ${reason}`, ...nowLive];
    case 'failed':
      return [`${paint('red', '✖')} ${name} failed after ${span}: ${reason}`, ...nowLive];
    case 'running':
    case 'held': {
      const expected =
        report.expectedSeconds === undefined ? '' : ` of about ${saySeconds(report.expectedSeconds)}`;
      return [
        `${paint('cyan', '▶')} ${capitalize(sayWhat(report, name))}, for ${span}${expected}`,
        `  ${sayNow(report)}`,
        ...renderHold(report, { paint }, nowMs),
        `  ${sayReturn(report)}`,
      ];
    }
  }
}

function toElapsedSeconds({ startedAt, endedAt }: RolloutReport, nowMs: number): number {
  const endMs = endedAt === undefined ? nowMs : Date.parse(endedAt);
  return Math.max(0, (endMs - Date.parse(startedAt)) / 1000);
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sayNow(report: RolloutReport): string {
  const { phase } = report;
  // What a hold waits for is told with it.
  const waitingFor = report.hold === undefined ? report.waitingFor : undefined;
  const isInStep = phase === 'shift' || phase === 'bake';
  const where = isInStep ? `${phase} of ${sayStep(report)}` : phase;
  return `${where}: ${waitingFor === undefined ? phaseWords[phase] : `waiting for ${waitingFor}`}`;
}

function renderHold(report: RolloutReport, { paint }: Pick<Painter, 'paint'>, nowMs: number): string[] {
  const { hold } = report;
  if (hold === undefined) return [];
  const span = saySeconds(Math.max(0, nowMs - Date.parse(hold.since)) / 1000);
  return [
    `  ${paint(['bold', 'yellow'], 'HELD')} for ${span}, ${holdWords[hold.reason]}: ${hold.text}`,
    ...renderTable(listHoldExits(report), '    '),
  ];
}

function sayReturn(report: RolloutReport): string {
  const { phase, fromVersion, pointOfNoReturn, reason } = report;
  if (isGoingBack(report)) return `On its way back to ${fromVersion}${reason ? `: ${reason}` : '.'}`;
  const isContracted = pointOfNoReturn === 'contract' && phase !== 'settle' && after.includes(phase);
  if (isContracted) return `Past the point of no return: ${fromVersion} cannot come back.`;
  if (phase !== 'settle' && after.includes(phase))
    return `It is live. Once the old stamps are gone, ./alwayson rollback brings ${fromVersion} back.`;
  const end = pointOfNoReturn === 'contract' ? ' The point of no return is contract.' : '';
  return `./alwayson abort brings ${fromVersion} back.${end}`;
}

/** Phases that were entered, one a line with its seconds. */
function renderPhases(report: RolloutReport, names: readonly RolloutPhase[], painter: Painter): string[] {
  const lines = names.flatMap((name) => {
    const entered = report.phases.filter((phase) => phase.name === name);
    if (entered.length === 0) return [];
    const seconds = entered.reduce((sum, phase) => sum + phase.seconds, 0);
    return [{ mark: toMark(report, name), cells: [name, saySeconds(seconds)] }];
  });
  const width = Math.max(...rolloutPhases.map((name) => name.length));
  return lines.map(
    ({ mark, cells: [name = '', span = ''] }) => `  ${sayMark(mark, painter)} ${name.padEnd(width)}  ${span}`,
  );
}

function toMark(report: RolloutReport, name: RolloutPhase): Mark {
  if (report.phase !== name) return 'done';
  if (report.state === 'failed') return 'failed';
  return isOver(report) ? 'done' : 'current';
}

function sayMark(mark: Mark, { paint }: Painter): string {
  return paint(marks[mark].format, marks[mark].sign);
}

function renderSteps(report: RolloutReport, painter: Painter, view: RolloutView): string[] {
  const gates = listLastGates(report.gates);
  const times = toStepTimes(report);
  const shown = isOver(report) || isGoingBack(report) ? report.steps.slice(0, times.length) : report.steps;
  const rows = shown.map(({ parts, bakeSeconds }, index) => {
    const gate = gates.find(({ step }) => step === index);
    return [
      `step ${index + 1}`,
      sayParts(parts),
      times[index] ?? `bake ${saySeconds(bakeSeconds)}`,
      gate === undefined ? '' : sayGate(gate),
    ];
  });
  const lines = renderTable(rows, '').map((line, index) => {
    const mark = toStepMark(report, index, { gates, begun: times.length });
    return `  ${sayMark(mark, painter)} ${line}`;
  });
  const checksOf = (step: number): string[] => {
    const gate = gates.find((each) => each.step === step);
    if (gate === undefined) return [];
    const isWhole = view.allChecks === true || gate === gates.at(-1);
    const checks = gate.checks.filter(({ verdict }) => isWhole || verdict !== 'pass');
    return renderChecks(checks, painter).map((line) => `      ${line}`);
  };
  return [...checksOf(-1), ...lines.flatMap((line, index) => [line, ...checksOf(index)])];
}

function toStepMark(
  report: RolloutReport,
  index: number,
  { gates, begun }: { gates: readonly GateResult[]; begun: number },
): Mark {
  if (gates.some(({ step, verdict }) => step === index && verdict === 'fail')) return 'failed';
  const isUnderWay = report.phase === 'shift' || report.phase === 'bake';
  if (isUnderWay && index === report.step && !isOver(report)) return 'current';
  return index < begun ? 'done' : 'to-come';
}

/** `shift 1.2 s, bake 12 s of 30 s` for each step that was begun: every `shift 25 %` begins the next one. */
function toStepTimes({ phases, steps, phase, step }: RolloutReport): string[] {
  const begun: { shift: number; bake: number }[] = [];
  for (const { name, seconds } of phases) {
    const kind = name.startsWith('shift') ? 'shift' : name.startsWith('bake') ? 'bake' : undefined;
    if (kind === 'shift') begun.push({ shift: 0, bake: 0 });
    const current = begun.at(-1);
    if (kind !== undefined && current) current[kind] += seconds;
  }
  return begun.map(({ shift, bake }, index) => {
    const whole = steps[index]?.bakeSeconds ?? 0;
    const isBaking = phase === 'bake' && step === index && bake < whole;
    const rest = isBaking ? ` of ${saySeconds(whole)}` : '';
    return `shift ${saySeconds(shift)}${bake > 0 || isBaking ? `, bake ${saySeconds(bake)}${rest}` : ''}`;
  });
}

/** Of `names` those that are not entered yet and will be, on one line. */
function renderToCome(report: RolloutReport, names: readonly RolloutPhase[], painter: Painter): string[] {
  if (isOver(report) || isGoingBack(report)) return [];
  const place = rolloutPhases.indexOf(report.phase);
  const hasContract = report.pointOfNoReturn === 'contract';
  const left = names.filter(
    (name) => rolloutPhases.indexOf(name) > place && (name !== 'contract' || hasContract),
  );
  return left.length === 0 ? [] : [`  ${sayMark('to-come', painter)} then ${left.join(', ')}`];
}
