import type { GateResult, RolloutReport } from '@alwayson/protocol/releases.ts';
import { listLastGates, sayGate } from './render-gates.ts';
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

/** For a log instead of a terminal: what is new in a rollout, one line each; of the first report all of it. */
export function describeRolloutChange(before: RolloutReport | undefined, now: RolloutReport): string[] {
  return [
    ...(before === undefined ? [sayWhat(now, sayRelease(now))] : []),
    ...describeGates(before, now),
    ...(isOver(now) ? [] : describePhase(before, now)),
    ...(isOver(now) ? [] : describeHold(before, now)),
    ...(isOver(now) && before?.state !== now.state ? [describeEnd(now)] : []),
  ];
}

function describePhase(before: RolloutReport | undefined, now: RolloutReport): string[] {
  const { phase, step, waitingFor, reason, fromVersion } = now;
  const isNew = before?.phase !== phase || before.step !== step;
  const what = isNew ? [sayPhase(now)] : [];
  const back = isGoingBack(now) && !(before && isGoingBack(before)) && reason !== undefined;
  return [
    ...(back ? [`goes back to ${fromVersion}: ${reason}`] : []),
    ...what,
    ...(waitingFor !== undefined &&
    now.hold === undefined &&
    (isNew || toKey(before?.waitingFor) !== toKey(waitingFor))
      ? [`${phase}: waiting for ${waitingFor}`]
      : []),
  ];
}

function sayPhase(report: RolloutReport): string {
  const { phase, step, steps } = report;
  const taken = steps[step];
  if (taken === undefined || (phase !== 'shift' && phase !== 'bake')) return `${phase}: ${phaseWords[phase]}`;
  if (phase === 'shift') return `shift to ${sayStep(report)}: ${sayParts(taken.parts)}`;
  return `bake of ${sayStep(report)}: ${saySeconds(taken.bakeSeconds)}`;
}

/** What counts up while one waits is not told again with every number. */
function toKey(text: string | undefined): string | undefined {
  return text?.replaceAll(/\d[\d.,]*/g, '#');
}

function describeHold(before: RolloutReport | undefined, now: RolloutReport): string[] {
  const { hold } = now;
  const old = before?.hold;
  if (hold === undefined) return old === undefined || isGoingBack(now) ? [] : ['goes on'];
  if (old?.since === hold.since && old.reason === hold.reason) return [];
  const exits = listHoldExits(now).map(([command, effect]) => `${command} ${effect}`);
  return [`HELD, ${holdWords[hold.reason]}: ${hold.text} (${exits.join(', ')})`];
}

function describeGates(before: RolloutReport | undefined, now: RolloutReport): string[] {
  const known = new Map(listLastGates(before?.gates ?? []).map((gate) => [gate.step, gate.verdict]));
  return listLastGates(now.gates)
    .filter(({ step, verdict }) => known.get(step) !== verdict)
    .flatMap((gate) => [
      `gate ${sayPlace(gate)}: ${sayGate(gate)}`,
      ...gate.checks
        .filter(({ verdict }) => verdict === 'fail')
        .map(({ name, flow, text }) => `  ${name}${flow === undefined ? '' : ` of ${flow}`}: ${text}`),
    ]);
}

function sayPlace({ step }: GateResult): string {
  return step < 0 ? 'before any traffic' : `of step ${step + 1}`;
}

function describeEnd({ state, reason, live }: RolloutReport): string {
  const isLive = live === undefined ? '' : `; ${live} is live`;
  return `${state}${reason === undefined ? '' : `: ${reason}`}${isLive}`;
}
