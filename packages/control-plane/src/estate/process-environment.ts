import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';

/** What every Node.js process of the estate gets: where its environment is, and the cache of compiled code that this one has too. */
export function processEnvironment(environment: Environment): Record<string, string> {
  return {
    ALWAYSON_ENVIRONMENT: join(environment.stateDir, 'environment.json'),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(environment.stateDir, 'cache', 'node'),
    NODE_ENV: 'production',
  };
}

/** The same for our own agents, with a bound on memory: without one V8 lets garbage pile up where memory is plenty. */
export function agentEnvironment(environment: Environment): Record<string, string> {
  return {
    ...processEnvironment(environment),
    NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=256',
  };
}
