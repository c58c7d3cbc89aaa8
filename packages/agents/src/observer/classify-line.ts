import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import type { TrafficCause } from '@alwayson/protocol/traffic.ts';

/** How a request counts. `clientError`: the client's own fault or choice, counted beside availability. */
export type Outcome = 'good' | 'bad' | 'clientError';

export const outcomes: Readonly<Record<TrafficCause, Outcome>> = {
  ok: 'good',
  'client-fault': 'clientError',
  'client-gone': 'clientError',
  abandoned: 'bad',
  'upstream-error': 'bad',
  'connect-failed': 'bad',
  timeout: 'bad',
  'no-stamp': 'bad',
  shed: 'bad',
  truncated: 'bad',
  'gateway-error': 'bad',
};

/** HAProxy's name for "no server" begins like this, and no stamp's does. */
export function isStamp(name: string): boolean {
  return !name.startsWith('<');
}

/**
 * What became of a request, from its status and HAProxy's termination state (who ended it, and in which phase: section 8.5 of its
 * manual). A client over its own limit gets 429, so a 4xx is always the client's; what the gateway refuses for our sake is a 503.
 */
export function classifyLine(line: GatewayLine, latencyObjectiveMs: number): TrafficCause {
  const { status, termination, stamp } = line;
  const [who = '-', phase = '-'] = termination;
  if (who === 'C' || who === 'c') return classifyEndByClient(line, latencyObjectiveMs);
  if (phase === 'D' || phase === 'L') return 'truncated';
  if (status >= 400 && status < 500) return 'client-fault';
  switch (who) {
    case 'S':
      if (phase === 'H') return 'upstream-error';
      return isStamp(stamp) ? 'connect-failed' : 'no-stamp';
    case 's':
      if (phase === 'Q') return 'shed';
      return phase === 'C' ? 'connect-failed' : 'timeout';
    // A stamp that was found down or frozen while the request waited for it.
    case 'D':
    case 'K':
    case 'U':
      return 'timeout';
    case 'P':
      // C: at the limit of our connections. H: an answer that is not HTTP.
      if (phase === 'C') return 'shed';
      return phase === 'H' && isStamp(stamp) ? 'upstream-error' : toOwnAnswer(status);
    case 'L':
      return status === 503 ? 'shed' : toOwnAnswer(status);
    case '-':
      return status >= 500 && isStamp(stamp) ? 'upstream-error' : toOwnAnswer(status);
    default:
      return 'gateway-error';
  }
}

/** R: it had not even asked. D, L: it was reading the answer, so it waited for the first byte only. */
function classifyEndByClient(line: GatewayLine, latencyObjectiveMs: number): TrafficCause {
  const { status, termination, responseMs, totalMs } = line;
  const phase = termination[1];
  const isReading = phase === 'D' || phase === 'L';
  if (isReading && status >= 500) return 'upstream-error';
  if (status === 408 || termination === 'cR') return 'client-fault';
  if (phase === 'R') return 'client-gone';
  return (isReading ? responseMs : totalMs) > latencyObjectiveMs ? 'abandoned' : 'client-gone';
}

function toOwnAnswer(status: number): TrafficCause {
  return status < 0 || status >= 500 ? 'gateway-error' : 'ok';
}

export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] as const;
export type StatusClass = (typeof statusClasses)[number];

export function toStatusClass(status: number): StatusClass {
  return statusClasses[Math.floor(status / 100) - 1] ?? 'none';
}
