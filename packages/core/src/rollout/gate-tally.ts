import type { GateSide } from './gate-cells.ts';
import type { SignalCount } from './gate-evidence.ts';
import type { GateFacts, SignalReading } from './gate-facts.ts';
import type { GateSignalRule } from './gate-rules.ts';

/** What one stamp counted of one signal since the step began. */
export interface SignalTally extends SignalCount {
  signal: string;
  stamp: string;
  side: GateSide;
  /** The last reading. */
  at: number;
  last: SignalCount;
}

type Tallies = Readonly<Record<string, SignalTally>>;

/** Adds what came since the last reading; the first one of the step is where counting begins. */
export function noteReadings(
  known: Tallies,
  { readings, stamps }: GateFacts,
  { signals, since }: { signals: readonly GateSignalRule[]; since: number },
): Tallies {
  const next = { ...known };
  for (const { name, component, metric } of signals) {
    for (const reading of readings) {
      const side = stamps.find(({ id }) => id === reading.stamp)?.side;
      if (reading.component !== component || reading.at < since || side === undefined) continue;
      const key = `${name} ${reading.stamp}`;
      const now = { count: reading.values[metric] ?? 0, requests: reading.requests };
      const before = next[key];
      if (before !== undefined && before.at >= reading.at) continue;
      next[key] = {
        signal: name,
        stamp: reading.stamp,
        side,
        at: reading.at,
        last: now,
        count: (before?.count ?? 0) + toRise(before?.last.count, now.count),
        requests: addRequests(before, reading),
      };
    }
  }
  return next;
}

/** By signal, all stamps of the side together. */
export function sumTallies(tallies: Tallies, side: GateSide): Record<string, SignalCount> {
  const own = Object.values(tallies).filter((tally) => tally.side === side);
  return Object.fromEntries(
    [...Map.groupBy(own, ({ signal }) => signal)].map(([signal, all]) => [
      signal,
      {
        count: all.reduce((sum, { count }) => sum + count, 0),
        requests: all.some(({ requests }) => requests === null)
          ? null
          : all.reduce((sum, { requests }) => sum + (requests ?? 0), 0),
      },
    ]),
  );
}

function addRequests(before: SignalTally | undefined, { requests }: SignalReading): number | null {
  if (requests === null || before?.requests === null) return null;
  return (before?.requests ?? 0) + toRise(before?.last.requests ?? undefined, requests);
}

/** A counter that is lower than it was has begun anew. */
function toRise(before: number | undefined, now: number): number {
  if (before === undefined) return 0;
  return now >= before ? now - before : now;
}
