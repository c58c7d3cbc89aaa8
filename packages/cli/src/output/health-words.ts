import type { EntityHealth, HealthFlag } from '@alwayson/protocol/health.ts';
import { clipReason } from './clip-reason.ts';
import { saySpan } from './say-span.ts';

/** The state as one word; `healthy*` is healthy as far as is known. */
export function sayState({ state, partial }: Pick<EntityHealth, 'state' | 'partial'>): string {
  return partial && state === 'healthy' ? 'healthy*' : state;
}

/** What `healthy*` means, for below an output that has it. */
export const partialLegend = '* healthy as far as is known: something that is not essential tells nothing.';

/** ` [draining, gray]`, or nothing. */
export function sayFlags(flags: readonly HealthFlag[]): string {
  return flags.length === 0 ? '' : ` [${flags.join(', ')}]`;
}

/** `degraded for 12 s [gray]: reason`; of what is healthy no reason, unless it is so only as far as is known. */
export function sayHealth(entity: EntityHealth, nowMs: number): string {
  const { state, partial, flags, reason, since } = entity;
  const why = reason === undefined || (state === 'healthy' && !partial) ? '' : `: ${clipReason(reason)}`;
  return `${sayState(entity)} for ${saySpan(nowMs - Date.parse(since))}${sayFlags(flags)}${why}`;
}
