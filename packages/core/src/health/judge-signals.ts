import type { CompiledModel, CompiledRule } from './compile-model.ts';
import type { HealthMemory, Reach } from './health-memory.ts';
import type { HealthSample } from './health-sample.ts';
import { holdSignal, settleSignal } from './settle-signal.ts';
import { readRow, type SignalRow, unseenSignal, writeRow } from './signal-columns.ts';
import { healthy, unhealthy, unknown } from './state-code.ts';
import { judgeResult, takeNothing, takeResult } from './take-result.ts';

type Observers = Record<string, Reach>;

const unmatchedMax = 20;
/** An observer that was not answered for so long is forgotten: a list of names must not grow for ever. */
const observerKeptMs = 3_600_000;

/** Takes the samples in and settles every signal. Changes `memory`; returns samples that the model has no place for. */
export function judgeSignals(
  model: CompiledModel,
  memory: HealthMemory,
  samples: readonly HealthSample[],
): string[] {
  const { signals, awakeSince, at: now } = memory;
  const observers: Observers = Object.fromEntries(
    Object.entries(memory.observers)
      .filter(([, { at }]) => now - at <= observerKeptMs)
      .map(([name, reach]) => [name, { ...reach }]),
  );
  const { ordered, first, next, unmatched } = queueSamples(model, samples);
  noteAnswers(ordered, observers);
  const blind = new Set<string>();
  const row = { ...unseenSignal };
  const moment = { now, awakeSince, othersAnsweredAt: -1 };
  const flaps: HealthMemory['flaps'] = {};
  model.rules.forEach((rule, signal) => {
    readRow(signals, signal, row);
    const entity = model.ids[model.signalEntity[signal] ?? -1] ?? '';
    for (let sample = first[signal] ?? -1; sample >= 0; sample = next[sample] ?? -1) {
      if (takeSample(row, rule, { sample: ordered[sample], observers, now })) blind.add(row.observer);
    }
    moment.othersAnsweredAt = rule.isLiveness ? answeredByOthers(observers, row.observer, entity) : -1;
    if (settleSignal(row, rule, moment)) blind.add(row.observer);
    const key = model.signalKeys[signal] ?? '';
    const kept = holdSignal(row, memory.flaps[key], now);
    if (kept !== undefined) flaps[key] = kept;
    writeRow(signals, signal, row);
  });
  memory.flaps = flaps;
  memory.observers = observers;
  memory.blind = [...blind].sort();
  return unmatched;
}

interface SampleQueues {
  /** By time. */
  ordered: readonly HealthSample[];
  /** Of each signal its first sample, of each sample the next one of the same signal; -1 is none. */
  first: Int32Array;
  next: Int32Array;
  unmatched: string[];
}

function queueSamples(model: CompiledModel, samples: readonly HealthSample[]): SampleQueues {
  const isOrdered = samples.every(
    (sample, index) => index === 0 || (samples[index - 1]?.at ?? 0) <= sample.at,
  );
  const ordered = isOrdered ? samples : samples.toSorted((a, b) => a.at - b.at);
  const first = new Int32Array(model.rules.length).fill(-1);
  const last = new Int32Array(model.rules.length).fill(-1);
  const next = new Int32Array(ordered.length).fill(-1);
  const unmatched: string[] = [];
  ordered.forEach((sample, index) => {
    const signal = findSignal(model, sample);
    if (signal < 0) {
      if (unmatched.length < unmatchedMax) unmatched.push(`${sample.entity} ${sample.signal}`);
      return;
    }
    const previous = last[signal] ?? -1;
    if (previous < 0) first[signal] = index;
    else next[previous] = index;
    last[signal] = index;
  });
  return { ordered, first, next, unmatched };
}

function findSignal({ indexOf, signalStart, rules }: CompiledModel, sample: HealthSample): number {
  const entity = indexOf.get(sample.entity);
  if (entity === undefined) return -1;
  const end = signalStart[entity + 1] ?? 0;
  for (let signal = signalStart[entity] ?? 0; signal < end; signal += 1) {
    if (rules[signal]?.rule.name === sample.signal) return signal;
  }
  return -1;
}

/** Who answered whom. An unhealthy state is an answer only when it is hard: anything else may be the observer's own trouble. */
function noteAnswers(samples: readonly HealthSample[], observers: Observers): void {
  for (const { entity, state, value, hard, at, observer = '' } of samples) {
    const isAnswer =
      state === undefined ? Number.isFinite(value) : state !== 'unknown' && (state !== 'unhealthy' || hard);
    if (!isAnswer) continue;
    const reach = (observers[observer] ??= { entity, at, otherAt: -1 });
    if (reach.entity !== entity) {
      reach.otherAt = Math.max(reach.otherAt, Math.min(reach.at, at));
      if (at < reach.at) continue;
      reach.entity = entity;
    }
    reach.at = Math.max(reach.at, at);
  }
}

function answeredByOthers(observers: Observers, observer: string, entity: string): number {
  const reach = observers[observer];
  if (reach === undefined) return -1;
  return reach.entity === entity ? reach.otherAt : reach.at;
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
