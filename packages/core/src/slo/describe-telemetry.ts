import type { SloFigures } from '@alwayson/protocol/slo.ts';
import { bucketSeconds } from '@alwayson/protocol/traffic.ts';
import { isReachable, toBurnPairs, toTelemetryAlarmSeconds } from './burn-rate.ts';
import type { FlowTraffic } from './flow-traffic.ts';
import type { Span } from './maintenance-spans.ts';
import { toHourEnd } from './summarize-span.ts';

/** Shorter silence is a poll that came late. */
export const silenceSeconds = 30;

/** How long nothing was told, and whether that is an alarm of its own. */
export function describeTelemetry(
  { traffic, objective, windowDays }: { traffic: FlowTraffic; objective: number; windowDays: number },
  span: Span,
): SloFigures['telemetry'] {
  const lastAt = findLastTold(traffic, span);
  const silentSeconds = span.to - (lastAt ?? span.from);
  const alarmAfterSeconds = toTelemetryAlarmSeconds(
    toBurnPairs(windowDays).find((pair) => isReachable(pair, objective)),
    objective,
  );
  return {
    lastAt: lastAt === null ? null : new Date(lastAt * 1000).toISOString(),
    silentSeconds,
    alarmAfterSeconds,
    alarm: silentSeconds > Math.max(silenceSeconds, alarmAfterSeconds),
  };
}

/** The end of the last slice of which anything is known, by whatever means. */
function findLastTold({ regions, hours }: FlowTraffic, { from, to }: Span): number | null {
  for (let at = to - bucketSeconds; at >= from; at -= bucketSeconds) {
    const told = regions.some(
      ({ coverage, counts, probes }) =>
        coverage.get(at)?.complete === true || counts.has(at) || probes.has(at),
    );
    if (told) return at + bucketSeconds;
    // Of an hour whose slices are not kept, its end will do.
    if (hours.get(at)?.regions.some((region) => region.told > 0)) return toHourEnd(at);
  }
  return null;
}
