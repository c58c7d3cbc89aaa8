import type { SignalReading } from '@alwayson/core/rollout/gate-facts.ts';
import { metricsPath } from '@alwayson/protocol/metrics-text.ts';
import { sumSeries } from './sum-series.ts';

export interface MetricsTarget {
  stamp: string;
  component: string;
  /** Of the component itself: from outside nobody gets its metrics. */
  address: string;
  port: number;
  metrics: readonly string[];
}

export interface GateMetrics {
  /** The last of each that answered. */
  readings(): SignalReading[];
  /** Reads in the background what is due; with `isNow` also what is not. Answers at once. */
  read(targets: readonly MetricsTarget[], options: { isNow: boolean }): void;
  close(): Promise<void>;
}

/** A little less than five looks, which are not exact. */
const everyMs = 4900;
const timeoutMs = 1000;
/** More is nobody's metrics. */
const textMax = 4 * 1024 * 1024;
/** Of the SDK. Other programs need not count their requests: what users got of them is known anyway. */
const requestsMetric = 'alwayson_http_requests_total';

/** Reads the counters that a release declares as signals. */
export function createGateMetrics(now: () => number): GateMetrics {
  const closing = new AbortController();
  let readings = new Map<string, SignalReading>();
  let running: Promise<void> | null = null;
  let readAt = Number.NEGATIVE_INFINITY;

  const readAll = async (targets: readonly MetricsTarget[]) => {
    readAt = now();
    const read = await Promise.all(targets.map((target) => readOne(target, now, closing.signal)));
    const fresh = targets.map((target, index) => {
      const key = `${target.stamp} ${target.component}`;
      return [key, read[index] ?? readings.get(key)] as const;
    });
    readings = new Map(fresh.flatMap(([key, reading]) => (reading === undefined ? [] : [[key, reading]])));
    running = null;
  };

  return {
    readings: () => [...readings.values()],
    read(targets, { isNow }) {
      if (isNow) readAt = Number.NEGATIVE_INFINITY;
      if (running !== null || now() - readAt < everyMs) return;
      running = readAll(targets);
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Null when it does not answer. */
async function readOne(
  { stamp, component, address, port, metrics }: MetricsTarget,
  now: () => number,
  closing: AbortSignal,
): Promise<SignalReading | null> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]);
  try {
    const answer = await fetch(`http://${address}:${port}${metricsPath}`, { signal });
    const at = now();
    const text = await answer.text();
    if (!answer.ok || text.length > textMax) return null;
    const values = Object.fromEntries(metrics.map((metric) => [metric, sumSeries(text, metric) ?? 0]));
    return { stamp, component, at, values, requests: sumSeries(text, requestsMetric) };
  } catch {
    return null;
  }
}
