import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import type { UnitSpec } from '@alwayson/protocol/units.ts';
import { messageOf } from './host-log.ts';

type HttpProbe = Extract<UnitSpec['probe'], { type: 'http' }>;

export interface Target {
  address: string;
  port: number;
  probe: UnitSpec['probe'];
}

/** Connections are kept between probes: a new one each second costs both sides more than the question. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 });

/** A process that starts is asked often, so that it serves as soon as it can; one that stays silent for long, seldom. */
const eagerMs = 50;
const eagerForMs = 10_000;

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
    const eager = !passed && performance.now() - startedAt < eagerForMs;
    timer = setTimeout(() => void ask(), eager ? Math.min(eagerMs, probe.intervalMs) : probe.intervalMs);
    report(failure);
  };
  void ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
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

async function askHttp(target: Target, probe: HttpProbe): Promise<void> {
  try {
    await askHttpOnce(target, probe);
  } catch (error) {
    // The unit may have closed the kept connection at this moment: that says nothing about its health.
    if (!(error instanceof StaleConnection)) throw error;
    await askHttpOnce(target, probe);
  }
}

class StaleConnection extends Error {}

function askHttpOnce({ address, port }: Target, { path, headers, timeoutMs }: HttpProbe): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port, path, headers, agent }, (response) => {
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 400) resolve();
        else reject(new Error(`${path} answered ${status}`));
      });
      response.resume();
    });
    const late = new Error(`${path} gave no answer within ${timeoutMs} ms`);
    const deadline = setTimeout(() => request.destroy(late), timeoutMs);
    request.on('close', () => clearTimeout(deadline));
    request.on('error', (error) => {
      const stale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      reject(stale ? new StaleConnection(error.message) : error);
    });
  });
}
