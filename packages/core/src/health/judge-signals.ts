import type { CompiledModel, CompiledRule } from './compile-model.ts';
import type { Flaps } from './flapping.ts';
import type { HealthMemory } from './health-memory.ts';
import type { HealthSample } from './health-sample.ts';
import { answeredByOthers, keepObservers, noteAnswers, type Observers } from './observer-reach.ts';
import { queueSamples } from './sample-queues.ts';
import { holdSignal, isStale, type Moment, settleSignal } from './settle-signal.ts';
import { readRow, SignalEditor, type SignalRow, unseenSignal } from './signal-columns.ts';
import { healthy, unhealthy, unknown } from './state-code.ts';
import { countRun, judgeResult, takeNothing, takeResult } from './take-result.ts';

/** Takes the samples in and settles every signal. Changes `memory`; returns samples that the model has no place for. */
export function judgeSignals(
  model: CompiledModel,
  memory: HealthMemory,
  samples: readonly HealthSample[],
): string[] {
  const { awakeSince, at: now } = memory;
  const observers = keepObservers(memory.observers, now);
  const { ordered, first, next, unmatched } = queueSamples(model, samples);
  noteAnswers(ordered, observers);
  const blind = new Set<string>();
  const row = { ...unseenSignal };
  const moment = { now, awakeSince, othersAnsweredAt: -1 };
  const editor = new SignalEditor(memory.signals);
  const flaps = new FlapBook(memory.flaps, model);
  for (let signal = 0; signal < model.rules.length; signal += 1) {
    const rule = model.rules[signal] as CompiledRule;
    const head = first[signal] ?? -1;
    const isAlone = head < 0 || (next[head] ?? -1) < 0;
    if (
      isAlone &&
      flaps.of(signal) === undefined &&
      staysWell(editor, signal, { rule, sample: ordered[head], moment })
    )
      continue;
    readRow(editor.columns, signal, row);
    const entity = model.ids[model.signalEntity[signal] ?? -1] ?? '';
    for (let sample = head; sample >= 0; sample = next[sample] ?? -1) {
      if (takeSample(row, rule, { sample: ordered[sample], observers, now })) blind.add(row.observer);
    }
    moment.othersAnsweredAt = rule.isLiveness ? answeredByOthers(observers, row.observer, entity) : -1;
    if (settleSignal(row, rule, moment)) blind.add(row.observer);
    flaps.keep(signal, holdSignal(row, flaps.of(signal), now));
    editor.writeRow(signal, row);
  }
  memory.signals = editor.columns;
  memory.flaps = flaps.kept;
  memory.observers = observers;
  memory.blind = [...blind].sort();
  return unmatched;
}

/** What is remembered of signals that changed lately, which are few. */
class FlapBook {
  readonly kept: HealthMemory['flaps'] = {};
  readonly #before = new Map<number, Flaps>();
  readonly #keys: readonly string[];

  constructor(before: HealthMemory['flaps'], { signalOf, signalKeys }: CompiledModel) {
    this.#keys = signalKeys;
    for (const [key, flaps] of Object.entries(before)) {
      const signal = signalOf.get(key);
      if (signal !== undefined) this.#before.set(signal, flaps);
    }
  }

  of(signal: number): Flaps | undefined {
    return this.#before.get(signal);
  }

  keep(signal: number, flaps: Flaps | undefined): void {
    if (flaps !== undefined) this.kept[this.#keys[signal] ?? ''] = flaps;
  }
}

interface WellContext {
  rule: CompiledRule;
  sample: HealthSample | undefined;
  moment: Moment;
}

/**
 * The short way for a signal that was well, is well and does not flap: what the long way would do, and nothing else. False: it has to
 * be gone, and nothing was changed.
 */
function staysWell(editor: SignalEditor, signal: number, { rule, sample, moment }: WellContext): boolean {
  const { columns } = editor;
  if (
    columns.stable[signal] !== healthy ||
    columns.said[signal] !== healthy ||
    columns.felt[signal] !== healthy ||
    columns.confirmed[signal] !== 1
  )
    return false;
  const { now } = moment;
  const sampledAt = columns.sampledAt[signal] ?? -1;
  const at = sample === undefined ? -1 : sample.at < now ? sample.at : now;
  if (sample === undefined || at <= sampledAt) {
    const knownAt = columns.knownAt[signal] ?? -1;
    return !isStale(rule.isLiveness ? knownAt : sampledAt, rule, moment);
  }
  if (rule.debounce.fallOf !== null || isStale(at, rule, moment)) return false;
  if (judgeResult(rule, healthy, sample) !== healthy) return false;
  const { value } = sample;
  columns.sampledAt[signal] = at;
  columns.knownAt[signal] = at;
  editor.set('badRun', signal, countRun(columns.badRun[signal] ?? 0, false, rule));
  editor.set('severeRun', signal, countRun(columns.severeRun[signal] ?? 0, false, rule));
  if (value != null && Number.isFinite(value)) editor.set('value', signal, value);
  editor.set('reason', signal, sample.reason ?? '');
  editor.set('cause', signal, sample.cause ?? '');
  editor.set('observer', signal, sample.observer ?? '');
  return true;
}

interface Taking {
  sample: HealthSample | undefined;
  observers: Observers;
  now: number;
}

/** Returns true when the sample says nothing because its observer reaches nobody. */
function takeSample(row: SignalRow, rule: CompiledRule, { sample, observers, now }: Taking): boolean {
  // A result of the future would silence the signal until then.
  const at = Math.min(sample?.at ?? -1, now);
  if (sample === undefined || at <= row.sampledAt) return false;
  row.sampledAt = at;
  row.observer = sample.observer ?? '';
  let raw = judgeResult(rule, row.stable, sample);
  let { reason = '' } = sample;
  if (raw === unknown && rule.isLiveness) {
    // No answer is a fault of the entity if others answered the same observer in that round, and says nothing if nobody did.
    const others = answeredByOthers(observers, row.observer, sample.entity);
    if (others < 0 || others < at - rule.intervalMs) return true;
    raw = unhealthy;
    if (reason === '') reason = 'no answer, while others answer';
  }
  if (raw === unknown) takeNothing(row, rule);
  else {
    if (sample.value != null && Number.isFinite(sample.value)) row.value = sample.value;
    takeResult(row, rule, { raw, at, isHard: sample.hard === true });
  }
  // A good result does not erase why the signal is still bad.
  if (raw !== healthy || row.stable === healthy) {
    row.reason = reason;
    row.cause = sample.cause ?? '';
  }
  return false;
}
