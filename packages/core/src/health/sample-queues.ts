import type { CompiledModel } from './compile-model.ts';
import type { HealthSample } from './health-sample.ts';

export interface SampleQueues {
  /** By time. */
  ordered: readonly HealthSample[];
  /** Of each signal its first sample, of each sample the next one of the same signal; -1 is none. Valid until the next call. */
  first: Int32Array;
  next: Int32Array;
  unmatched: string[];
}

/** Used again and again; holds nothing from one call to the next that changes a result. */
interface Scratch {
  first: Int32Array;
  last: Int32Array;
  next: Int32Array;
  /** Which signal the sample at this place was of last time: whoever feeds us does it in the same order. */
  guess: Int32Array;
}

const scratches = new WeakMap<CompiledModel, Scratch>();
const unmatchedMax = 20;

/** Puts the samples to their signals. */
export function queueSamples(model: CompiledModel, samples: readonly HealthSample[]): SampleQueues {
  const ordered = isOrdered(samples) ? samples : samples.toSorted((a, b) => a.at - b.at);
  const { first, last, next, guess } = scratchOf(model, ordered.length);
  const unmatched: string[] = [];
  for (let index = 0; index < ordered.length; index += 1) {
    const sample = ordered[index] as HealthSample;
    let signal = guess[index] ?? -1;
    if (signal < 0 || !isOf(model, signal, sample)) {
      signal = findSignal(model, sample);
      guess[index] = signal;
    }
    if (signal < 0) {
      if (unmatched.length < unmatchedMax) unmatched.push(`${sample.entity} ${sample.signal}`);
      continue;
    }
    const previous = last[signal] ?? -1;
    if (previous < 0) first[signal] = index;
    else next[previous] = index;
    last[signal] = index;
  }
  return { ordered, first, next, unmatched };
}

function isOrdered(samples: readonly HealthSample[]): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const { at } of samples) {
    if (at < before) return false;
    before = at;
  }
  return true;
}

function scratchOf(model: CompiledModel, samples: number): Scratch {
  const { length } = model.rules;
  let scratch = scratches.get(model);
  if (scratch === undefined || scratch.next.length < samples) {
    const size = Math.max(length, samples);
    scratch = {
      first: new Int32Array(length),
      last: new Int32Array(length),
      next: new Int32Array(size),
      guess: new Int32Array(size).fill(-1),
    };
    scratches.set(model, scratch);
  }
  scratch.first.fill(-1);
  scratch.last.fill(-1);
  scratch.next.fill(-1, 0, samples);
  return scratch;
}

function isOf({ ids, signalEntity, rules }: CompiledModel, signal: number, sample: HealthSample): boolean {
  return rules[signal]?.rule.name === sample.signal && ids[signalEntity[signal] ?? -1] === sample.entity;
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
