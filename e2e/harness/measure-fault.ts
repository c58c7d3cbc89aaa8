import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayReport } from '@alwayson/protocol/routes.ts';
import { safeRequests, writeRequests } from './catalog-load.ts';
import { healthOf, isBad, untilHealthy } from './health-of.ts';
import { failuresOf, type LoadResult, percentile, startOpenLoop } from './open-loop.ts';
import type { Catalog } from './use-catalog.ts';
import { watchGateways } from './watch-stamps.ts';
import { watchUntil } from './watch-until.ts';

export interface Fault {
  name: string;
  /** Milliseconds of load before, 10 s by default: fresh processes are slow at first, and comparisons need something to compare. */
  beforeMs?: number;
  /** How long the fault lasts. */
  forMs: number;
  strike(): Promise<void> | void;
  undo(): Promise<void> | void;
  /** In the health model: ids of entities that are healthy before and must not stay so. */
  detectedAt?: readonly string[];
  /** In every gateway. */
  isEvicted?: (report: GatewayReport) => boolean;
}

export interface FaultReport {
  safe: LoadResult[];
  writes: LoadResult[];
  /** On the clock of `dueMs`. */
  struckAtMs: number;
  /** From the strike; null: never seen. */
  detectMs: number | null;
  evictMs: number | null;
}

/** 200 safe requests/s and 50 writes/s while a fault strikes; tells when the model and the gateways knew. Prints the figures. */
export async function measureFault({ environment, items }: Catalog, fault: Fault): Promise<FaultReport> {
  const { frontDoor: url, apiKey } = environment;
  const { detectedAt } = fault;
  // Who flapped in the fault before is held in that state for minutes.
  await untilHealthy(environment, detectedAt ?? [], 600_000);
  const safe = startOpenLoop({ url, requestsPerSecond: 200, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: 50, next: writeRequests(items, apiKey) });
  try {
    await sleep(fault.beforeMs ?? 10_000); // part of the measure
    await untilHealthy(environment, detectedAt ?? [], 120_000);
    const struckAtMs = safe.elapsedMs();
    const struckAt = performance.now();
    await fault.strike();
    const evicted = fault.isEvicted && (await watchGateways(environment, fault.isEvicted));
    const detected =
      detectedAt &&
      watchUntil(200, async () => (await healthOf(environment, detectedAt)).some((entity) => isBad(entity)));
    await sleep(fault.forMs); // part of the measure
    await Promise.all([evicted?.stop(), detected?.stop()]);
    const since = (at: number | undefined) => (at === undefined ? null : at - struckAt);
    const [allSafe, allWrites] = await Promise.all([safe.stop(), writes.stop()]);
    const report = {
      safe: allSafe,
      writes: allWrites,
      struckAtMs,
      detectMs: since(detected?.sinceMs),
      evictMs: since(evicted?.sinceMs),
    };
    print(fault, report);
    return report;
  } finally {
    await Promise.all([safe.stop(), writes.stop()]);
    await fault.undo();
  }
}

function print({ name }: Fault, { safe, writes, struckAtMs, detectMs, evictMs }: FaultReport): void {
  const during = safe.filter(({ dueMs }) => dueMs >= struckAtMs);
  const failed = failuresOf(during);
  const last = failed.at(-1);
  const seconds = (ms: number | null) => (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`);
  const latencies = during.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE ${name}: detected ${seconds(detectMs)}, evicted ${seconds(evictMs)}; ` +
      `${failed.length} of ${during.length} safe requests failed, ` +
      `the last sent ${last === undefined ? 'never' : seconds(last.dueMs - struckAtMs)} after; ` +
      `p99 ${percentile(latencies, 0.99).toFixed(0)} ms, max ${Math.max(...latencies).toFixed(0)} ms; ` +
      `${failuresOf(writes).length} of ${writes.length} writes failed\n`,
  );
}
