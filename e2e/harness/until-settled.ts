import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { expect } from 'vitest';
import type { TestEnvironment } from './environment.ts';
import { readShares } from './read-shares.ts';

/** A stamp that went out again and again is held down for up to 300 s, then tried and started slowly. */
const withinMs = 600_000;

/** Waits until nobody is held down, tried or started slowly any more: what is measured next is that fault alone. */
export async function untilSettled(environment: TestEnvironment): Promise<void> {
  await expect
    .poll(() => readShares(environment), { timeout: withinMs, interval: 500 })
    .toSatisfy((report: SharesReport | null) => report !== null && isSettled(report));
}

function isSettled({ stamps, detours, pools }: SharesReport): boolean {
  return (
    detours.length === 0 && pools.length === 0 && stamps.every(({ standing }) => standing.kind === 'serving')
  );
}
