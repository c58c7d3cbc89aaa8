import type { ComponentReadiness } from '@alwayson/protocol/stamp-health.ts';

/** What one question at a component's probe path came to. */
export interface ProbeOutcome {
  /**
   * `ready`: 200. `stopping`: it says that it is on its way out. `refused`: nothing listens, or the connection was cut.
   * `not-ready`: it answers something else than 200. `timeout`: no answer in time.
   */
  kind: 'ready' | 'stopping' | 'refused' | 'not-ready' | 'timeout';
  durationMs: number;
  reason?: string;
  /** What the component itself saw of the stores it uses. */
  dependencies: ComponentReadiness['dependencies'];
  /** Answered since its start, where it tells that. */
  requests?: number;
}

/** `starting`: never ready so far, so nothing is lost by believing the first good answer. */
export interface ComponentRecord {
  verdict: 'starting' | 'up' | 'down';
  /** Outcomes in a row that speak against the verdict. */
  against: number;
  last: ProbeOutcome | null;
}

export const unseenComponent: ComponentRecord = { verdict: 'starting', against: 0, last: null };

/** A symptom may be an accident; a closed port or the component's own word is not. */
const fallAfterSymptoms = 2;
const riseAfterFall = 2;

export function decideComponent(before: ComponentRecord, outcome: ProbeOutcome): ComponentRecord {
  const isReady = outcome.kind === 'ready';
  if (before.verdict === 'starting') {
    return { verdict: isReady ? 'up' : 'starting', against: 0, last: outcome };
  }
  const agrees = isReady === (before.verdict === 'up');
  if (agrees) return { ...before, against: 0, last: outcome };
  const against = before.against + 1;
  if (against < enough(before.verdict, outcome)) return { ...before, against, last: outcome };
  return { verdict: isReady ? 'up' : 'down', against: 0, last: outcome };
}

function enough(verdict: 'up' | 'down', outcome: ProbeOutcome): number {
  if (verdict === 'down') return riseAfterFall;
  return outcome.kind === 'refused' || outcome.kind === 'stopping' ? 1 : fallAfterSymptoms;
}
