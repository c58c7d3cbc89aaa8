import type { Operation } from '@alwayson/protocol/operations.ts';

/** How long each step took in the middle of the runs that ended well, ms; null without one. */
export function toTypicalMs(operations: readonly Operation[], kind: string): (step: string) => number | null {
  const done = operations.filter((operation) => operation.kind === kind && operation.state === 'succeeded');
  return (name) => {
    const times = done
      .flatMap(({ steps }) => steps.filter((step) => step.name === name && step.state === 'done'))
      .map(({ startedAt, endedAt }) => Date.parse(endedAt ?? '') - Date.parse(startedAt ?? ''))
      .filter((ms) => Number.isFinite(ms))
      .sort((a, b) => a - b);
    return times[Math.floor(times.length / 2)] ?? null;
  };
}
