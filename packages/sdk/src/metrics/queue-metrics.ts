import { type MetricFamily, toSingleMetric } from '@alwayson/protocol/metrics-text.ts';
import type { QueueConsumerStats } from '../queue/consumer-stats.ts';

export type QueueWriteOutcome = 'accepted' | 'repeated' | 'conflict' | 'failed';

const writes: Record<QueueWriteOutcome, number> = { accepted: 0, repeated: 0, conflict: 0, failed: 0 };
const consumers = new Set<() => QueueConsumerStats>();

/** Of the whole process, whichever producer was called. */
export function countQueueWrite(outcome: QueueWriteOutcome): void {
  writes[outcome] += 1;
}

/** Shows a consumer's figures until the returned function is called. */
export function showConsumer(stats: () => QueueConsumerStats): () => void {
  consumers.add(stats);
  return () => consumers.delete(stats);
}

export function listQueueMetrics(): MetricFamily[] {
  return [...listWrites(), ...listConsumers()];
}

function listWrites(): MetricFamily[] {
  if (Object.values(writes).every((count) => count === 0)) return [];
  return [
    {
      name: 'alwayson_queue_writes_total',
      type: 'counter',
      help: 'Writes handed to a queue by how that ended; failed: not confirmed.',
      samples: Object.entries(writes).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
  ];
}

function listConsumers(): MetricFamily[] {
  const all = [...consumers].map((stats) => stats());
  if (all.length === 0) return [];
  const sum = (read: (stats: QueueConsumerStats) => number) =>
    all.reduce((total, stats) => total + read(stats), 0);
  const worst = (read: (stats: QueueConsumerStats) => number) => Math.max(...all.map(read));
  const counter = (name: string, help: string, value: number) =>
    toSingleMetric('counter', `alwayson_queue_${name}`, { help, value });
  const gauge = (name: string, help: string, value: number) =>
    toSingleMetric('gauge', `alwayson_queue_${name}`, { help, value });
  return [
    gauge(
      'depth',
      'Writes that wait in the shards held here.',
      sum(({ depth }) => depth),
    ),
    gauge(
      'oldest_age_seconds',
      'Age of the oldest write that waits.',
      worst(({ oldestAgeMs }) => oldestAgeMs) / 1000,
    ),
    gauge('lag_seconds', 'From accepted to applied, of the last batch.', worst(({ lagMs }) => lagMs) / 1000),
    gauge(
      'shards',
      'Shards held here.',
      sum(({ shards }) => shards.length),
    ),
    counter(
      'applied_total',
      'Writes applied.',
      sum(({ appliedTotal }) => appliedTotal),
    ),
    counter(
      'dead_letters_total',
      'Writes put aside.',
      sum(({ deadLettersTotal }) => deadLettersTotal),
    ),
  ];
}
