import type { HistoryEntry } from '@alwayson/protocol/releases.ts';
import { clipReason } from './clip-reason.ts';
import { sayLocalTime } from './say-local-time.ts';
import { renderTable } from './text-table.ts';

/** One line an entry, oldest first: number, time, what, who, why and what was written down with it. */
export function renderHistory(entries: readonly HistoryEntry[]): string[] {
  return renderTable(
    entries.map(({ seq, at, kind, who, why, data }) => [
      `${seq}`,
      sayLocalTime(at),
      kind,
      who,
      clipReason([why ?? '', sayData(data)].filter(Boolean).join('; ')),
    ]),
  );
}

function sayData(data: HistoryEntry['data']): string {
  return Object.entries(data)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
