import { connect } from 'node:net';
import type { UnitSpec } from '@alwayson/protocol/units.ts';
import { messageOf } from './host-log.ts';
import { KeptHttp } from '@alwayson/engines/http/kept-http.ts';

type HttpProbe = Extract<UnitSpec['probe'], { type: 'http' }>;

export interface Target {
  address: string;
  port: number;
  probe: UnitSpec['probe'];
}

/**
 * Asks a unit again and again, one question at a time, and reports each answer: undefined when it passes, else why not.
 * Returns how to stop.
 */
export function startProbe(target: Target, report: (failure: string | undefined) => void): () => void {
  const { probe } = target;
  if (probe.type === 'none') {
    report(undefined);
    return () => {};
  }
  const asker: Asker =
    probe.type === 'http'
      ? createHttpAsker(target, probe)
      : { ask: () => askTcp(target, probe.timeoutMs), close: () => {} };
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let passed = false;

  const ask = async () => {
    const failure = await asker.ask().then(() => undefined, messageOf);
    if (stopped) return;
    passed ||= failure === undefined;
    const eager = passed ? retryMs : eagerMs(performance.now() - startedAt);
    const waitMs = failure === undefined ? untilNext(probe.intervalMs) : Math.min(eager, probe.intervalMs);
    timer = setTimeout(() => void ask(), waitMs);
    report(failure);
  };
  void ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
    asker.close();
  };
}

/** Of this process: all units at the same instant, since one wake-up costs more than most questions. Never sooner than half of it. */
function untilNext(intervalMs: number): number {
  const waitMs = intervalMs - (performance.now() % intervalMs);
  return waitMs < intervalMs / 2 ? waitMs + intervalMs : waitMs;
}

/** What failed is asked again soon: it is known the sooner that it is well, or that it stays unwell. */
const retryMs = 1000;

/** A process that starts is asked often, so that it counts as ready as soon as it is; less so the longer it takes. */
function eagerMs(ageMs: number): number {
  return ageMs < 2000 ? 25 : ageMs < 30_000 ? 100 : retryMs;
}

interface Asker {
  /** Throws why the unit is not ready. */
  ask(): Promise<void>;
  close(): void;
}

function createHttpAsker({ address, port }: Target, probe: HttpProbe): Asker {
  const { path, headers, timeoutMs } = probe;
  const http = new KeptHttp({ host: address, port, path, headers, timeoutMs });
  return {
    async ask() {
      const { status } = await http.ask();
      if (status < 200 || status >= 400) throw new Error(`${path} answered ${status}`);
    },
    close: () => http.close(),
  };
}

function askTcp({ address, port }: Target, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: timeoutMs });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.once('connect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('timeout', () => end(() => reject(new Error(`no connection within ${timeoutMs} ms`))));
  });
}
