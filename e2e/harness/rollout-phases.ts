import { setTimeout as sleep } from 'node:timers/promises';
import { RolloutReport, type RolloutPhase } from '@alwayson/protocol/releases.ts';
import type { TestEnvironment } from './environment.ts';

/** Every look takes the time of those who are measured. */
const lookEveryMs = 150;

/** The rollout that runs or ended last; null when nobody answers. */
export async function readRollout({ console: url }: TestEnvironment): Promise<RolloutReport | null> {
  try {
    const response = await fetch(`${url}/api/rollout`, { signal: AbortSignal.timeout(2000) });
    return RolloutReport.safeParse(await response.json()).data ?? null;
  } catch {
    return null;
  }
}

const isOver = (report: RolloutReport) => report.state !== 'running' && report.state !== 'held';

/** Looks at the rollout that begins after `before` until it has ended, and says so whenever it is in another phase or step. */
export async function followPhases(
  environment: TestEnvironment,
  {
    before,
    onPhase,
  }: { before: string | undefined; onPhase: (phase: RolloutPhase, step: number) => Promise<void> },
): Promise<void> {
  let last = '';
  for (;;) {
    const report = await readRollout(environment);
    if (report !== null && report.id !== before) {
      if (isOver(report)) return;
      const now = `${report.phase} ${report.step}`;
      if (now !== last) await onPhase(report.phase, report.step);
      last = now;
    }
    await sleep(lookEveryMs);
  }
}

export async function orderAbort({ console: url, operatorToken }: TestEnvironment): Promise<number> {
  const response = await fetch(`${url}/api/rollout/order`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ order: 'abort', owner: 'scenario', reason: 'as was to be shown' }),
  });
  return response.status;
}
