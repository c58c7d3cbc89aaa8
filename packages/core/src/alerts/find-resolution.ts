import type { AlertEntity } from './alert-input.ts';
import { telemetryCause } from './alert-kind.ts';
import type { AlertEntry } from './alert-memory.ts';
import { resolveAfterMs, resolveFlappingAfterMs } from './alert-policy.ts';
import type { Cause } from './find-causes.ts';
import { fingerprintOf } from './fingerprint.ts';

interface ResolutionContext {
  entities: ReadonlyMap<string, AlertEntity>;
  /** Causes with an open alert. */
  told: readonly Cause[];
  now: number;
}

/**
 * Why an open alert whose cause is not seen any more ends, in words; else since when its cause is clear. What is not seen at all is not
 * well, and what is bad for another reason is told there.
 */
export function findResolution(entry: AlertEntry, context: ResolutionContext): string | number | null {
  const { alert, clearSince } = entry;
  const entity = context.entities.get(alert.rootCause);
  if (entity?.state === 'unknown') return null;
  if (entity !== undefined && entity.state !== 'healthy') {
    const successor = context.told.find(
      ({ affects, covers }) => covers.includes(entity.id) || affects.includes(entity.id),
    );
    if (successor === undefined) return null;
    return `Its cause is known: see ${fingerprintOf(successor.rootCause)}, ${successor.title}.`;
  }
  const since = clearSince ?? context.now;
  const isFlapping = entity?.flags.includes('flapping') === true;
  const afterMs = isFlapping ? resolveFlappingAfterMs : resolveAfterMs;
  if (context.now - since < afterMs) return since;
  const seconds = Math.round((context.now - since) / 1000);
  const isGone = entity === undefined && !['flow', telemetryCause].includes(alert.entity.kind);
  return isGone ? `${alert.entity.name} is not there any more.` : `Well for ${seconds} s.`;
}
