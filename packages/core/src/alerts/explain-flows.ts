import { isOpen } from './alert-entry.ts';
import type { AlertEntry, AlertMemory } from './alert-memory.ts';
import type { Cause } from './find-causes.ts';
import { fingerprintOf } from './fingerprint.ts';

/** Longer than any window that alarms. */
const keptMs = 7 * 24 * 3600 * 1000;

interface ExplainContext {
  causes: readonly Cause[];
  entries: ReadonlyMap<string, AlertEntry>;
  suppressed: AlertMemory['suppressed'];
  now: number;
}

/** When a known cause last stood behind each flow that suffers: the budget that it burned shows for as long as the windows are long. */
export function explainFlows(
  before: AlertMemory['explained'],
  { causes, entries, suppressed, now }: ExplainContext,
): AlertMemory['explained'] {
  const kept = Object.entries(before).filter(([, at]) => now - at < keptMs);
  const known = causes.filter(({ rootCause }) => {
    const entry = entries.get(fingerprintOf(rootCause));
    return suppressed[rootCause] !== undefined || (entry !== undefined && isOpen(entry));
  });
  const suffering = known.flatMap(({ flows }) => flows.map((id) => [id, now] as const));
  return Object.fromEntries([...kept, ...suffering]);
}
