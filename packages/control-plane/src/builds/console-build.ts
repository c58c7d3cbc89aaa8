import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Journal } from '../operations/journal.ts';
import { buildOnce } from './build-once.ts';
import { hashContent } from './content-hash.ts';

/** Builds the console in the background at the first start of its content; null until it is there. */
export function startConsoleBuild(environment: Environment, journal: Journal): () => string | null {
  let dir: string | null = null;
  const source = join(environment.installDir, 'packages', 'console');
  const build = async () => {
    const hash = await hashContent([source, join(environment.installDir, 'packages', 'protocol', 'src')]);
    const outDir = join(environment.stateDir, 'build', `console-${hash.slice(0, 12)}`);
    const command = ['node', 'build.ts', '{out}'];
    dir = await buildOnce({ name: 'console', command, cwd: source, outDir, environment: {} });
  };
  build().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    journal.event({ severity: 'error', type: 'build.failed', entity: 'console', message });
  });
  return () => dir;
}
