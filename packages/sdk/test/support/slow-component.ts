import { setTimeout as sleep } from 'node:timers/promises';
import { readIdentity } from '../../src/identity.ts';
import { createLog } from '../../src/log-line.ts';
import { createReadiness } from '../../src/readiness.ts';
import { exitOnFailure, serve } from '../../src/serve.ts';
import { createServer } from '../../src/server.ts';

/** A component whose requests take a while, for tests of how a process ends. */
async function main(): Promise<void> {
  const identity = readIdentity();
  const log = createLog(identity.unit);
  const readiness = createReadiness();
  const server = createServer({ identity, readiness, log });
  server.get('/slow', async () => {
    await sleep(1200);
    return { done: true };
  });
  await serve(server, { identity, readiness, log, drainMs: 300, close: async () => log('closed') });
}

main().catch(exitOnFailure);
