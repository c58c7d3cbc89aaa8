import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Decisions and schemas: no process, no port, no file, so that one worker may run them all, one file after the other. */
const pure = 'packages/{core,protocol}/test/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A page takes longer than the usual second to come on a full machine.
    expect: { poll: { timeout: 30_000 } },
    // Real engines on two shared cores: two files at a time. Three took 903 s instead of 1,038, at the price of waits
    // that ran out.
    maxWorkers: 2,
    // Hundreds of tests start our own programs. Compiled anew each time, one takes twice as long to start.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'pure', include: [pure], isolate: false } },
      {
        extends: true,
        test: {
          name: 'real',
          include: [
            'packages/*/test/**/*.test.ts',
            'workloads/catalog/*/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
          ],
          // Those run with the scenarios of what they are about (e2e/vitest.config.ts).
          exclude: [pure, '**/*.slow.test.ts'],
        },
      },
    ],
  },
});
