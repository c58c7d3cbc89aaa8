import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { FastifyInstance } from 'fastify';
import type { Identity } from './identity.ts';
import type { Log } from './log-line.ts';
import type { Readiness } from './readiness.ts';
import { startTracing, stopTracing } from './tracing/start-tracing.ts';

export interface ServeOptions {
  identity: Identity;
  readiness: Readiness;
  log: Log;
  /** Between "not ready" and closing: long enough that gateways have seen it. 0 where no gateway sends requests. */
  drainMs?: number;
  /** Before the first request: see `warmUp`. A failure is logged, and costs only speed. */
  warm?: () => Promise<void>;
  /** Ends what the process holds beside the server (pools, consumers), after the last request is answered. */
  close?: () => Promise<void>;
}

/** A process that is told to stop is gone after this, whatever hangs. */
const stopDeadlineMs = 4500;

/** Listens on HOST:PORT. On SIGTERM or SIGINT: not ready first, then finish what is in flight, then close and exit. */
export async function serve(server: FastifyInstance, options: ServeOptions): Promise<void> {
  const { identity, log } = options;
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log('stopping', { signal });
    void stopGracefully(server, options);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const release = options.warm === undefined ? () => {} : options.readiness.hold('warming up');
  await server.listen({ host: identity.host, port: identity.port });
  log('listening', { host: identity.host, port: identity.port, release: identity.release });
  await options.warm?.().catch((error: unknown) => log('warm-up.failed', { error: String(error) }));
  // Who is killed has no time for it, and would compile all of it again when it is missed.
  flushCompileCache();
  // Not before: the requests of the warm-up are nobody's.
  await startTracing(identity, log);
  release();
}

async function stopGracefully(server: FastifyInstance, options: ServeOptions): Promise<void> {
  const { readiness, log, drainMs = 1500, close = async () => {} } = options;
  setTimeout(() => process.exit(1), stopDeadlineMs).unref();
  try {
    readiness.stop();
    await sleep(drainMs);
    await server.close();
    await close();
    await stopTracing();
    log('stopped');
    process.exit(0);
  } catch (error) {
    log('stop.failed', { error: String(error) });
    process.exit(1);
  }
}

/** For the end of a `main.ts`: a plain message instead of a stack where the cause is known, and exit code 1. */
export function exitOnFailure(error: unknown): never {
  const text = isAlwaysOnError(error)
    ? `${error.code}: ${error.message}\n${error.hint}`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
