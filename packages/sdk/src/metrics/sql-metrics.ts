import type { MetricFamily } from '@alwayson/protocol/metrics-text.ts';
import { createLatencyCounter } from './latency-counter.ts';

export type SqlCallKind = 'read' | 'write' | 'note';
export type SqlOutcome = 'ok' | 'unavailable' | 'error';

function createEntry() {
  return { outcomes: { ok: 0, unavailable: 0, error: 0 }, latency: createLatencyCounter() };
}

/** Of the whole process, whichever client was called. */
const calls = new Map<SqlCallKind, ReturnType<typeof createEntry>>();

/** Counts a call, retries and waits included, when the returned function is told how it ended. */
export function countSqlCall(kind: SqlCallKind, startedAt: number): (outcome: SqlOutcome) => void {
  const entry = calls.get(kind) ?? createEntry();
  calls.set(kind, entry);
  return (outcome) => {
    entry.outcomes[outcome] += 1;
    entry.latency.add(performance.now() - startedAt);
  };
}

export function listSqlMetrics(): MetricFamily[] {
  const entries = [...calls];
  return [
    {
      name: 'alwayson_sql_calls_total',
      type: 'counter',
      help: 'Calls of the database by how they ended; unavailable: no server answered in time.',
      samples: entries.flatMap(([call, { outcomes }]) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { call, outcome }, value })),
      ),
    },
    {
      name: 'alwayson_sql_call_duration_seconds',
      type: 'histogram',
      help: 'Duration of calls of the database, retries included.',
      samples: entries.flatMap(([call, { latency }]) => latency.samples({ call })),
    },
  ];
}
