import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import { sayCount, sayPart } from './rollout-words.ts';
import { renderTable } from './text-table.ts';

/** What a rollout cost its users, as far as it was measured; nothing before it was. */
export function renderLoss({
  requests,
  lost,
  longestGapMs,
  p50Ms,
  p99Ms,
  coverage,
}: RolloutReport): string[] {
  if (requests === undefined || lost === undefined) return [];
  const gap =
    longestGapMs === undefined || longestGapMs === null
      ? 'not measured all the time'
      : `${sayMs(longestGapMs)} without an answer to the prober`;
  const rows = [
    ['lost', `${sayCount(lost)} of ${sayCount(requests)} requests`],
    ['longest gap', gap],
    ...(p50Ms ? [['p50', sayLatencies(p50Ms)]] : []),
    ...(p99Ms ? [['p99', sayLatencies(p99Ms)]] : []),
    ...(coverage === undefined ? [] : [['counted', `${sayPart(coverage)} of the time`]]),
  ];
  return ['What it cost:', ...renderTable(rows)];
}

function sayLatencies({ before, during, after }: NonNullable<RolloutReport['p99Ms']>): string {
  return `${sayMs(before)} before, ${sayMs(during)} during, ${sayMs(after)} after`;
}

function sayMs(ms: number | null): string {
  return ms === null ? 'unknown' : `${Number(ms.toPrecision(3))} ms`;
}
