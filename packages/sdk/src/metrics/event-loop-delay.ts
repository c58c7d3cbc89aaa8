import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricFamily } from '@alwayson/protocol/metrics-text.ts';

const everyMs = 100;
const quantiles = [0.5, 0.99, 1] as const;
let histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;

/**
 * How late timers fired since the last question. Watching it wakes the process ten times a second, so it begins with the first
 * question: a process that nobody scrapes sleeps on.
 */
export function listEventLoopDelay(): MetricFamily[] {
  if (histogram === null) {
    histogram = monitorEventLoopDelay({ resolution: everyMs });
    histogram.enable();
    return [];
  }
  const seen = histogram;
  const samples = quantiles.map((quantile) => {
    const seconds = seen.count === 0 ? 0 : seen.percentile(quantile * 100) / 1e9 - everyMs / 1000;
    return { labels: { quantile: String(quantile) }, value: Math.max(0, seconds) };
  });
  seen.reset();
  return [
    {
      name: 'nodejs_eventloop_delay_seconds',
      type: 'gauge',
      help: 'How late timers fired since the last scrape.',
      samples,
    },
  ];
}
