import type { Reach } from './health-memory.ts';
import type { HealthSample } from './health-sample.ts';

export type Observers = Record<string, Reach>;

/** An observer that was not answered for so long is forgotten: a list of names must not grow for ever. */
const observerKeptMs = 3_600_000;

/** A copy without those that are forgotten. */
export function keepObservers(observers: Observers, now: number): Observers {
  return Object.fromEntries(
    Object.entries(observers)
      .filter(([, { at }]) => now - at <= observerKeptMs)
      .map(([name, reach]) => [name, { ...reach }]),
  );
}

/** Who answered whom. An unhealthy state is an answer only when it is hard: anything else may be the observer's own trouble. */
export function noteAnswers(samples: readonly HealthSample[], observers: Observers): void {
  // Samples of one observer come in a row.
  let name = '';
  let reach: Reach | undefined;
  for (const sample of samples) {
    if (!isAnswer(sample)) continue;
    const { entity, at, observer = '' } = sample;
    if (reach === undefined || observer !== name) {
      name = observer;
      reach = observers[name] ??= { entity, at, otherAt: -1 };
    }
    if (reach.entity !== entity) {
      const other = reach.at < at ? reach.at : at;
      if (other > reach.otherAt) reach.otherAt = other;
      if (at < reach.at) continue;
      reach.entity = entity;
    }
    if (at > reach.at) reach.at = at;
  }
}

function isAnswer({ state, value, hard }: HealthSample): boolean {
  if (state === undefined) return Number.isFinite(value);
  return state !== 'unknown' && (state !== 'unhealthy' || hard === true);
}

/** When an observer was last answered by another entity than this one; -1 never. */
export function answeredByOthers(observers: Observers, observer: string, entity: string): number {
  const reach = observers[observer];
  if (reach === undefined) return -1;
  return reach.entity === entity ? reach.otherAt : reach.at;
}
