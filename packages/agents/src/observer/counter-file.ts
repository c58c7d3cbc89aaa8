import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { replaceFile } from '../agent-process/replace-file.ts';
import { LineSequences } from './line-sequence.ts';
import { TrafficTotals } from './traffic-counters.ts';

export const SavedCounters = z.strictObject({
  format: z.literal(1),
  countersSince: z.iso.datetime(),
  totals: TrafficTotals,
  sequences: LineSequences,
});
export type SavedCounters = z.infer<typeof SavedCounters>;

/** The counters of the last run; null when there are none. A damaged file is set aside with the ending .corrupt. */
export async function loadCounters(file: string, log: AgentLog): Promise<SavedCounters | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return SavedCounters.parse(JSON.parse(text));
  } catch {
    await rename(file, `${file}.corrupt`);
    log('the saved counters were damaged and are set aside; counting starts at 0', {
      file: `${file}.corrupt`,
    });
    return null;
  }
}

export function saveCounters(file: string, counters: SavedCounters): Promise<void> {
  return replaceFile(file, JSON.stringify(counters));
}
