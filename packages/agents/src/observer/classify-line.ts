import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';

/**
 * How a request counts. `clientError`: the client's own fault or choice, counted beside availability. Bad (health.md section 4):
 * 5xx, timeout, no stamp, a truncated body, and a client that gave up after it had waited longer than the objective allows.
 */
export type Outcome = 'good' | 'bad' | 'clientError';

export function classifyLine(line: GatewayLine, latencyObjectiveMs: number): Outcome {
  const { status, totalMs, responseMs } = line;
  const [who, phase] = line.termination;
  if (who === 'C' || who === 'c') {
    // R: it had not even asked. D: it was reading the answer, so it waited for the first byte only.
    if (phase === 'R') return 'clientError';
    const waitedMs = phase === 'D' ? responseMs : totalMs;
    return waitedMs > latencyObjectiveMs ? 'bad' : 'clientError';
  }
  if (status < 0 || status >= 500 || phase === 'D') return 'bad';
  return status >= 400 ? 'clientError' : 'good';
}

export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] as const;
export type StatusClass = (typeof statusClasses)[number];

export function toStatusClass(status: number): StatusClass {
  return statusClasses[Math.floor(status / 100) - 1] ?? 'none';
}
