import { performance } from 'node:perf_hooks';
import { isWhole, startEnvironment } from '../e2e/harness/environment.ts';
import { measureFootprint } from '../e2e/harness/footprint.ts';

/** `npm run bench`: figures of a whole estate on this machine, as JSON lines. Figures, not assertions. */
const idleSeconds = 30;

function print(name: string, figures: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ bench: name, ...figures })}\n`);
}

const startedAt = performance.now();
const environment = await startEnvironment();
try {
  print('start', { seconds: (performance.now() - startedAt) / 1000 });
  await environment.until('whole', isWhole, 120_000);
  print('idle', { ...(await measureFootprint(environment.home, idleSeconds)) });
} finally {
  await environment.down();
}
