import { connect } from 'node:net';
import type { UnitSpec } from '@alwayson/protocol/units.ts';
import { messageOf } from './host-log.ts';

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
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let passed = false;

  const ask = async () => {
    const failure = await askOnce(target);
    if (stopped) return;
    passed ||= failure === undefined;
    const waitMs = passed ? probe.intervalMs : eagerMs(performance.now() - startedAt, probe.intervalMs);
    timer = setTimeout(() => void ask(), waitMs);
    report(failure);
  };
  void ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** A process that starts is asked often, so that it counts as ready as soon as it is; less so the longer it takes. */
function eagerMs(ageMs: number, intervalMs: number): number {
  return Math.min(ageMs < 2000 ? 25 : ageMs < 30_000 ? 100 : intervalMs, intervalMs);
}

/** Why the unit is not ready, or undefined. */
async function askOnce(target: Target): Promise<string | undefined> {
  const { probe } = target;
  if (probe.type === 'none') return undefined;
  try {
    if (probe.type === 'tcp') await askTcp(target, probe.timeoutMs);
    else await askHttp(target, probe);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
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

