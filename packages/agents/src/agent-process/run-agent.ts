import { flushCompileCache } from 'node:module';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';

/**
 * Runs an agent until SIGTERM or SIGINT: `start` answers how to stop it. A failed start, and a stop that takes longer than
 * 4 s, ends the process with code 1 and one plain line.
 */
export function runAgent(start: () => Promise<{ close(): Promise<void> }>): void {
  const fail = (error: unknown) => {
    const text = isAlwaysOnError(error) ? `${error.code}: ${error.message} ${error.hint}` : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  };
  const started = start();
  // Without it a process that is always killed with -9 would never leave compiled code for the next one.
  started.then(() => flushCompileCache(), fail);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => fail('The agent did not stop within 4 s.'), 4000).unref();
    started.then((agent) => agent.close()).then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
