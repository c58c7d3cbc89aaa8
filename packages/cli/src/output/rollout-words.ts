import type { RolloutHold, RolloutPhase, RolloutReport, TrafficStep } from '@alwayson/protocol/releases.ts';

/** What each phase does, as a sentence without its end. */
export const phaseWords: Record<RolloutPhase, string> = {
  prepare: 'the release is copied, installed and built',
  migrate: 'the schema gets what the new release adds',
  place: 'new stamps start',
  warm: 'new stamps are warmed up',
  smoke: 'new stamps are tried before anybody uses them',
  shift: 'traffic moves',
  bake: 'the new release is compared with the old one',
  settle: 'every stamp is asked through every gateway which release it is',
  contract: 'the schema loses what nothing needs any more',
  drain: 'old stamps finish what they have begun',
  remove: 'old stamps are taken away',
  revert: 'all traffic goes back',
  withdraw: 'new stamps are taken away',
};

export const holdWords: Record<RolloutHold['reason'], string> = {
  paused: 'paused',
  'not-enough-data': 'not enough data',
  capacity: 'not enough capacity',
  'external-gate': 'an external gate holds it',
  confirm: 'waits for a confirmation',
};

/** What can be done about a hold: command, or the fact that ends it, and effect. */
export function listHoldExits({ hold, fromVersion }: RolloutReport): (readonly [string, string])[] {
  if (hold === undefined) return [];
  return [holdEnds[hold.reason], ['./alwayson abort', `goes back to ${fromVersion}`]];
}

const holdEnds: Record<RolloutHold['reason'], readonly [string, string]> = {
  paused: ['./alwayson resume', 'goes on from here'],
  'not-enough-data': ['./alwayson promote', 'goes on without it'],
  confirm: ['./alwayson promote', 'goes on'],
  capacity: ['by itself', 'goes on when there is enough'],
  'external-gate': ['by itself', 'goes on when the gate says yes'],
};

/** `bring in 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0` */
export function sayWhat(
  { kind, fromVersion }: Pick<RolloutReport, 'kind' | 'fromVersion'>,
  release: string,
): string {
  return `${kind === 'deploy' ? 'bring in' : 'bring back'} ${release} in place of ${fromVersion}`;
}

export function isOver({ state }: RolloutReport): boolean {
  return state === 'succeeded' || state === 'undone' || state === 'failed';
}

export function isGoingBack({ phase }: RolloutReport): boolean {
  return phase === 'revert' || phase === 'withdraw';
}

/** `west 25 %, east 5 %` */
export function sayParts(parts: TrafficStep['parts']): string {
  return Object.entries(parts)
    .map(([region, part]) => `${region} ${sayPart(part)}`)
    .join(', ');
}

export function sayPart(part: number): string {
  return `${Number((part * 100).toFixed(1))} %`;
}

/** `step 2 of 4`, or nothing before the first. */
export function sayStep({ step, steps }: Pick<RolloutReport, 'step' | 'steps'>): string {
  return step < 0 ? '' : `step ${step + 1} of ${steps.length}`;
}

/** What the control plane calls a release that is not prepared and was given no version. */
const unnamed: ReadonlySet<string> = new Set(['', 'new']);

export function sayRelease({ version, release }: Pick<RolloutReport, 'version' | 'release'>): string {
  const digest = release.slice(0, 12);
  if (digest === '') return unnamed.has(version) ? 'the new release' : version;
  return digest.startsWith(version) ? version : `${version} (${digest})`;
}

export function sayCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Seconds as they are worth reading: 0.8 s, 12 s, 5 min. */
export function saySeconds(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
