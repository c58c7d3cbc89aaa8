import { defineConfig } from 'vitest/config';

/** Black-box scenarios: each starts the real thing, breaks it, and counts from outside. One at a time: they measure. */
export default defineConfig({
  test: {
    include: [
      process.env.ALWAYSON_E2E === 'full' ? 'e2e/{smoke,full}/**/*.test.ts' : 'e2e/smoke/**/*.test.ts',
    ],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    pool: 'forks',
  },
});
