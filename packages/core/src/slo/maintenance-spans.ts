import { timeSlice } from '@alwayson/protocol/slo.ts';

/** Seconds since the epoch, [from, to). */
export interface Span {
  from: number;
  to: number;
}

/** What is left of a span without announced maintenance, which takes whole minutes. */
export function withoutMaintenance({ from, to }: Span, maintenance: readonly Span[]): Span[] {
  const minute = timeSlice.seconds;
  const whole = maintenance
    .map((span) => ({
      from: Math.max(from, Math.floor(span.from / minute) * minute),
      to: Math.min(to, Math.ceil(span.to / minute) * minute),
    }))
    .filter((span) => span.from < span.to)
    .sort((a, b) => a.from - b.from);
  const rest: Span[] = [];
  let at = from;
  for (const span of whole) {
    if (span.from > at) rest.push({ from: at, to: span.from });
    at = Math.max(at, span.to);
  }
  return at < to ? [...rest, { from: at, to }] : rest;
}
