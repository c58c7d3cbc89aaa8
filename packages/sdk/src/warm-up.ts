import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

export interface WarmUpOptions {
  /** Requests to ask of the server itself, such as `/items?limit=5`; the same ones again and again. */
  paths: readonly string[];
  /** Opens what the first request would have to open. Tried again until it works. */
  prepare?: () => Promise<void>;
  rounds?: number;
  /** After this the process takes requests however cold it is: a store that is away must not keep it away too. */
  withinMs?: number;
}

const retryMs = 200;
/** The gateway lets no header of this name in from outside. */
const mark = { 'x-alwayson-synthetic': 'warm-up' } as const;
/** As browsers ask: plain, a page that lies ready compressed would be copied at several times its size. */
const asBrowsers = { ...mark, 'accept-encoding': 'gzip, deflate, br' };

/** True for requests that a process sends to itself before anybody else does. */
export function isWarmUp(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return headers['x-alwayson-synthetic'] === mark['x-alwayson-synthetic'];
}

/**
 * Makes a fresh process fast before users meet it: opens its connections, then runs its own most frequent requests (without a
 * network) until the engine has compiled them. Cold, the first seconds under load answer in seconds instead of milliseconds.
 */
export async function warmUp(server: FastifyInstance, options: WarmUpOptions): Promise<void> {
  const { paths, prepare = async () => {}, rounds = 100, withinMs = 8000 } = options;
  const endsAt = performance.now() + withinMs;
  await untilDone(prepare, endsAt);
  for (let round = 0; round < rounds && performance.now() < endsAt; round += 1)
    await Promise.all(paths.map((url) => server.inject({ method: 'GET', url, headers: asBrowsers })));
}

async function untilDone(work: () => Promise<void>, endsAt: number): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() + retryMs >= endsAt) throw error;
      await sleep(retryMs);
    }
  }
}
