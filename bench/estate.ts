import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWhole, startEnvironment } from '../e2e/harness/environment.ts';
import { measureFootprint } from '../e2e/harness/footprint.ts';

/** Figures of a whole estate on this machine, as JSON lines. Figures, not assertions. */
const idleSeconds = 30;
/**
 * What an idle estate costs is seen after a while: code that is seldom run is compiled late, and pools were just filled. Measured: a stamp's
 * agent takes 4.3 ms a second in its third minute, and 3.0 from the fifth on.
 */
const settleSeconds = 300;

function print(name: string, figures: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ bench: name, ...figures })}\n`);
}

const startedAt = performance.now();
const environment = await startEnvironment();
try {
  print('start', { seconds: (performance.now() - startedAt) / 1000 });
  await environment.until('whole', isWhole, 120_000);
  print('idle at first', { ...(await measureFootprint(environment.home, idleSeconds)) });
  await sleep(settleSeconds * 1000); // until nothing is new any more
  print('idle', { ...(await measureFootprint(environment.home, idleSeconds)) });
} finally {
  await environment.down();
}
