import type { ProbeResult } from '@alwayson/protocol/observation.ts';
import type { ProbeAnswer } from './probe-request.ts';

/** The last result of every key, and how often in a row it came out the same. */
export interface ProbeResults {
  add(key: string, flow: string, probe: { startedAtMs: number; answer: ProbeAnswer }): ProbeResult;
  get(key: string): ProbeResult | undefined;
  list(): ProbeResult[];
}

export function createProbeResults(): ProbeResults {
  const results = new Map<string, ProbeResult>();
  return {
    add(key, flow, { startedAtMs, answer }) {
      const { ok, status, reason } = answer;
      const before = results.get(key);
      const result = {
        flow,
        at: new Date().toISOString(),
        ok,
        status,
        durationMs: Math.max(0, Date.now() - startedAtMs),
        ...(reason === undefined ? {} : { reason }),
        streak: before?.ok === ok ? before.streak + 1 : 1,
      };
      results.set(key, result);
      return result;
    },
    get: (key) => results.get(key),
    list: () => [...results.values()],
  };
}
