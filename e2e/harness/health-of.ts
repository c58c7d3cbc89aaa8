import type { EntityHealth, HealthReport } from '@alwayson/protocol/health.ts';
import { expect } from 'vitest';
import type { TestEnvironment } from './environment.ts';

/** These entities of the health model; none while it does not answer. */
export async function healthOf(
  { console: api }: TestEnvironment,
  entities: readonly string[],
): Promise<EntityHealth[]> {
  const report = await fetch(`${api}/api/health`, { signal: AbortSignal.timeout(2000) })
    .then((response) => response.json() as Promise<HealthReport>)
    .catch(() => null);
  return report?.entities.filter(({ id }) => entities.includes(id)) ?? [];
}

export function isBad({ state }: EntityHealth): boolean {
  return state === 'degraded' || state === 'unhealthy';
}

/** What is seen of a fault after this is of that fault: processes are slow at first, and what was bad stays so for a while. */
export async function untilHealthy(
  environment: TestEnvironment,
  entities: readonly string[],
  withinMs: number,
): Promise<void> {
  const seen = async () => {
    const found = await healthOf(environment, entities);
    return found.map(({ id, state, reason }) => (state === 'healthy' ? state : `${id}: ${state}, ${reason}`));
  };
  const wanted = entities.map(() => 'healthy');
  await expect.poll(seen, { timeout: withinMs, interval: 250 }).toEqual(wanted);
}
