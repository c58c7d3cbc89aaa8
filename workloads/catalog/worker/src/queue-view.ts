import type { Log } from '@alwayson/sdk/log-line.ts';
import type { QueueConsumerStats } from '@alwayson/sdk/queue/consumer.ts';
import type { StoreView } from '@alwayson/sdk/readiness.ts';

/** Writes are promised to be seen within 2 s; a failover of the database or the queue takes a few seconds more. */
const degradedAfterMs = 10_000;
const unhealthyAfterMs = 60_000;
const logEveryMs = 10_000;

/** The queue by what waits in it: the age of the oldest write that is not applied. */
export function toQueueView({ oldestAgeMs, depth }: QueueConsumerStats): StoreView {
  if (oldestAgeMs < degradedAfterMs) return { state: 'healthy' };
  const state = oldestAgeMs < unhealthyAfterMs ? 'degraded' : 'unhealthy';
  return {
    state,
    reason: `the oldest of ${depth} waiting writes is ${Math.round(oldestAgeMs / 1000)} s old`,
  };
}

/** The consumer tries again by itself, many times a minute; a line now and then tells enough. */
export function createFailureLog(log: Log, now = () => performance.now()): (error: unknown) => void {
  let silentUntil = -Infinity;
  return (error) => {
    if (now() < silentUntil) return;
    silentUntil = now() + logEveryMs;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    log('queue.failed', { error: String(cause) });
  };
}
