import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import { type CountedRequest, createRequestReader } from '../../src/observer/counted-request.ts';

const read = createRequestReader([{ name: 'browse', latencyObjectiveMs: 500 }]);

/** A good request of the flow `browse`, as far as nothing else is said. */
export function toLine(change: Partial<GatewayLine> = {}): GatewayLine {
  return {
    boot: '1.1',
    seq: 1,
    at: 0,
    flow: 'browse',
    method: 'GET',
    path: '/',
    status: 200,
    termination: '--',
    backend: 'live_web',
    stamp: 'west-1-aaaaaa',
    retries: 0,
    responseMs: 4,
    totalMs: 5,
    bytes: 100,
    correlationId: '',
    synthetic: false,
    ...change,
  };
}

/** The same as it is counted, arrived now. */
export function toRequest(nowMs: number, change: Partial<GatewayLine> = {}): CountedRequest {
  return read(toLine({ at: nowMs, ...change }), nowMs);
}
