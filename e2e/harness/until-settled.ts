import { setTimeout as sleep } from 'node:timers/promises';
import { SharesReport } from '@alwayson/protocol/shares.ts';
import type { TestEnvironment } from './environment.ts';

const withinMs = 300_000;

/** Waits until nobody is held down, tried or started slowly any more: what is measured next is that fault alone. */
export async function untilSettled({ console: url }: TestEnvironment): Promise<void> {
  const deadline = Date.now() + withinMs;
  let seen: SharesReport | undefined;
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/api/shares`, { signal: AbortSignal.timeout(5000) });
    seen = SharesReport.parse(await response.json());
    if (isSettled(seen)) return;
    await sleep(500);
  }
  throw new Error(`Shares did not settle within ${withinMs / 1000} s:\n${JSON.stringify(seen, null, 1)}`);
}

function isSettled({ stamps, detours, pools }: SharesReport): boolean {
  return (
    detours.length === 0 && pools.length === 0 && stamps.every(({ standing }) => standing.kind === 'serving')
  );
}
