import type { ProbeOutcome } from '@alwayson/core/stamp-health/decide-component.ts';
import { ComponentReadiness } from '@alwayson/protocol/stamp-health.ts';
import { stoppingReason } from '@alwayson/protocol/workload-environment.ts';
import { type HttpAnswer, KeptHttp, NoAnswerError } from '@alwayson/engines/http/kept-http.ts';

export interface ProbeTarget {
  host: string;
  port: number;
  path: string;
  timeoutMs: number;
}

export interface ComponentProber {
  /** Asks once, over a connection that is kept. Never throws; calls must not overlap. */
  probe(): Promise<ProbeOutcome>;
  close(): void;
}

const reasonLengthMax = 200;

export function createComponentProber(target: ProbeTarget): ComponentProber {
  const http = new KeptHttp({ ...target, headers: {} });
  return {
    async probe() {
      const startedAt = performance.now();
      const outcome = await http.ask().then(toOutcome, toFailure);
      return { ...outcome, durationMs: Math.round((performance.now() - startedAt) * 10) / 10 };
    },
    close: () => http.close(),
  };
}

type TimelessOutcome = Omit<ProbeOutcome, 'durationMs'>;

function toFailure(error: NodeJS.ErrnoException): TimelessOutcome {
  const kind = error instanceof NoAnswerError ? 'timeout' : 'refused';
  return { kind, reason: error.code ?? error.message, dependencies: [] };
}

function toOutcome({ status, body }: HttpAnswer): TimelessOutcome {
  const readiness = parseReadiness(body);
  const dependencies = readiness?.dependencies ?? [];
  const requests = readiness?.requests;
  if (status === 200) return { kind: 'ready', dependencies, ...(requests === undefined ? {} : { requests }) };
  const reason = readiness?.reason?.slice(0, reasonLengthMax);
  if (reason === stoppingReason) return { kind: 'stopping', dependencies };
  return { kind: 'not-ready', reason: reason ?? `it answers ${status}`, dependencies };
}

/** null for programs that answer something of their own: for them the status says it all. */
function parseReadiness(body: string): ComponentReadiness | null {
  try {
    return ComponentReadiness.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}
