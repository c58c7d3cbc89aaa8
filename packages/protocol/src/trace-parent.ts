/** W3C Trace Context, version 00. */
const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface TraceParent {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

/** Null for anything that is not a valid `traceparent`; it comes from clients, so it may be anything. */
export function parseTraceparent(value: unknown): TraceParent | null {
  const [, traceId, spanId, flags] = (typeof value === 'string' && traceparentPattern.exec(value)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function renderTraceparent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
